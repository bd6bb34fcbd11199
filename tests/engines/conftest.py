"""A log of its own for each test."""

from tests.audit.conftest import bench, shelter

__all__ = ["bench", "shelter"]
