"""Notification: what it owes to whom, in which words, and what a real mail server gets."""
