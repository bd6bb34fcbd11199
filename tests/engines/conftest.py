"""A log of its own for each test."""

from tests.audit.conftest import bench, impatient, shelter

__all__ = ["bench", "impatient", "shelter"]
