"""Rotation of keys: who asked for it, who agreed, and how far it is."""
