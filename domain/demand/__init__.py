"""What will be needed: beds, nurses and patients by hospital, from forecasts and ratios."""
