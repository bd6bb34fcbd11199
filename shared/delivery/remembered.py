"""What a process knows for certain without asking, of the last so many things that it has dealt with."""

from typing import Generic, TypeVar

V = TypeVar("V")
MOST = 10_000


class Remembered(Generic[V]):
    """Facts by name; the ones that were longest not touched are forgotten first. To forget costs a question."""

    def __init__(self, most: int = MOST) -> None:
        self._facts: dict[str, V] = {}
        self._most = most

    def get(self, name: str) -> V | None:
        """What is known under a name."""
        return self._facts.get(name)

    def keep(self, name: str, fact: V) -> None:
        """Know this from now on."""
        self._facts.pop(name, None)
        self._facts[name] = fact
        if len(self._facts) > self._most:
            del self._facts[next(iter(self._facts))]

    def drop(self, name: str) -> None:
        """It is of no use any more."""
        self._facts.pop(name, None)

    def clear(self) -> None:
        """Know nothing, as a process that has just begun."""
        self._facts.clear()
