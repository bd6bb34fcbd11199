"""Tests are sentences: one folder a service, and one for each thing they share."""
