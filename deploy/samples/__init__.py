"""Invented stations, social workers and reports, to try Relais with. Nobody in them lives."""
