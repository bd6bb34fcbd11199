"""Checks offline what the log of a Relais has handed out, and knows nothing of Relais but its public formats."""
