"""The kit for makers of stations' software: it speaks to a Relais as any client does, and holds its contract alone."""
