"""The hall: what the four services share."""
