"""What audit keeps: the lines, the tiles, the head, the checkpoints, and beside them the bytes that may be deleted."""
