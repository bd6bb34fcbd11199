"""Named points at which a test makes this process die as if the power had gone: `RELAIS_CRASH_POINT`."""

import os
from typing import Literal

Point = Literal["in-transaction", "after-commit", "while-publishing", "before-offset-commit", "before-send", "in-send"]

KILLED = 137


class CrashPoints:
    """Dies at one named point, at its n-th passage, with exit status 137; without a name it never does."""

    def __init__(self, armed: str | None = None, passages: int = 1) -> None:
        self.armed = armed
        self.left = passages

    @classmethod
    def from_environment(cls) -> "CrashPoints":
        """Armed by `RELAIS_CRASH_POINT=<name>[:<passage>]`."""
        name, _, passages = os.environ.get("RELAIS_CRASH_POINT", "").partition(":")
        return cls(name or None, int(passages or 1))

    def reach(self, point: Point) -> None:
        """Die here if this is the armed point and its passage has come."""
        if point != self.armed:
            return
        self.left -= 1
        if self.left <= 0:
            os._exit(KILLED)
