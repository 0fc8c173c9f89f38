"""Chains of moves: patients give way, step by step, so that one request gets a suitable bed."""
