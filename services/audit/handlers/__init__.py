"""What comes in: every record of every topic but the log's own."""
