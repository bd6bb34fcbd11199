"""Audit, from the tree of hashes to a log on real servers."""
