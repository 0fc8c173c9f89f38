"""Break-glass: opening a patient's record in an emergency, for a while, on record, and judged."""
