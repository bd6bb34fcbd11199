"""Intake's HTTP doors: reports come in, their standing goes out, and what vendors build on is published."""
