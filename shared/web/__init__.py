"""HTTP doors: who is let in, what is refused and how it is said, without ever repeating what was sent."""
