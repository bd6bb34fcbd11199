"""The local stack: real servers on loopback, for development, tests and the demo."""
