"""Elective admissions over a horizon: who is to come on which date, in which ward and room."""
