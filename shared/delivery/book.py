"""A service's handlers: which event means what to it. The table of contents of a service."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.contracts.fields import Compartment
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key
from shared.delivery.unit import Work

E = TypeVar("E")
Handler = Callable[[E, Work], object]
Needs = Callable[[E, Cause], Iterable[Key]]


def needs_nothing(_content: object, _cause: Cause) -> Iterable[Key]:
    """The handler looks at nothing, or lets the engine find out what it looks at."""
    return ()


@dataclass(frozen=True, slots=True)
class Page:
    """One handler, what it will look at, and the compartments that it must have opened."""

    handle: Handler[Any]
    needs: Needs[Any] = needs_nothing
    opens: frozenset[Compartment] = frozenset()


@dataclass(frozen=True, slots=True)
class Book:
    """The handlers of a service, one a kind of content.

    A handler is pure: it may be run again for the same cause, and only its last run counts.
    `needs` saves a second run: keys that it does not name are found out by running the handler.
    """

    pages: dict[type[Any], Page] = field(default_factory=dict)

    def on(
        self, kind: type[E], *, needs: Needs[E] = needs_nothing, opens: Iterable[Compartment] = ()
    ) -> Callable[[Handler[E]], Handler[E]]:
        """Declare the handler of a kind of event."""

        def declare(handle: Handler[E]) -> Handler[E]:
            self.pages[kind] = Page(handle, needs, frozenset(opens))
            return handle

        return declare
