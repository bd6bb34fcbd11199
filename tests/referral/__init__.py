"""How a case is opened, assigned, accepted, escalated and opened to people."""
