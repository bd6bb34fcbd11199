"""A scenario as steps: each does something, and says what it expected where it got something else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

D = TypeVar("D")


class Unexpected(Exception):
    """The answer was another than the documents promise."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended."""

    name: str
    is_good: bool
    said: str


@dataclass(frozen=True, slots=True)
class Step(Generic[D]):
    """One thing that a Relais must do, in words, and how it is tried."""

    name: str
    attempt: Callable[[D], None]


class Steps(Generic[D]):
    """The steps of one scenario, in order."""

    def __init__(self) -> None:
        self._steps: list[Step[D]] = []

    def __len__(self) -> int:
        return len(self._steps)

    def __call__(self, name: str) -> Callable[[Callable[[D], None]], Callable[[D], None]]:
        """Add a step by this name."""

        def add(attempt: Callable[[D], None]) -> Callable[[D], None]:
            self._steps.append(Step(name, attempt))
            return attempt

        return add

    def play(self, door: D) -> Iterator[Ended]:
        """Every step in turn; one that fails stops no other."""
        for step in self._steps:
            try:
                step.attempt(door)
                yield Ended(step.name, True, "")
            except Exception as error:
                yield Ended(step.name, False, str(error) if isinstance(error, Unexpected) else type(error).__name__)


def expect(what: str, found: object, wanted: object) -> None:
    """Raise `Unexpected` where something is another than it should be."""
    if found != wanted:
        raise Unexpected(f"{what}: {found!r} instead of {wanted!r}")
