"""relais-verify, from outside."""
