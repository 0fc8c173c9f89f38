"""How full places are, how well they work, what is unusual: computed from spells, never kept."""
