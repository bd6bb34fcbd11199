"""What is decided about a case. Pure: no I/O, no clock."""
