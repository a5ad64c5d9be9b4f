"""Copying the whole database: into a file, out of it, from SQLite to PostgreSQL."""
