"""The schema's history: one idea per file, up and down, on SQLite and PostgreSQL."""
