"""What must be kept, and who is to be forgotten: legal holds and the erasure of a person."""
