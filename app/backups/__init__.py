"""Encrypted copies of the database that prove themselves, and the way back from them."""
