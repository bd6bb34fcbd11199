"""Notification: tells whoever must know that a person waits, by a mail that says nothing about her."""
