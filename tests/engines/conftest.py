"""A log of its own for each test."""

from tests.audit.conftest import bench

__all__ = ["bench"]
