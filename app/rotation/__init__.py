"""Rotation of keys while the house works: small batches through the one way of every change."""
