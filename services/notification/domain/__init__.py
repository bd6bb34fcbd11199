"""What a notice is, who gets which, and what it may say. Pure."""
