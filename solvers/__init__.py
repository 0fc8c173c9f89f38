"""Pure optimisation: a frozen problem in, a plan with a true status out."""
