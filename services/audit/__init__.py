"""Audit: every event becomes a line of a log that nobody can quietly change."""
