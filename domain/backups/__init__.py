"""What became of backups and of the rehearsals of their restore."""
