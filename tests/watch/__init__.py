"""Tests of `shared/watch`."""
