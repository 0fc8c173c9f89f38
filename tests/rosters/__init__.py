"""Rosters: rules one by one, the plan against brute force, public instances."""
