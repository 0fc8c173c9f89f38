"""Planning of duties and of care: freeze, solve, approve, publish, repair."""
