"""What the house promises, checked on real databases."""
