"""What people do with cases and with the roster: pure, like the handlers."""
