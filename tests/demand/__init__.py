"""Demand for beds, nurses and places."""
