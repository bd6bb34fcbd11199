"""What intake decides. Pure: no clock, no key, no server."""
