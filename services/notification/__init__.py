"""The right person knows, by a safe way, in words that betray nothing."""
