"""Tests of `shared/web`."""
