"""Reads that somebody has to look at: flagged from the record, signed off by a second person."""
