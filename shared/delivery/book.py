"""A service's handlers: which event means what to it. The table of contents of a service."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.contracts.fields import Compartment
from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.cause import Cause
from shared.delivery.shelf import Key
from shared.delivery.unit import Work

E = TypeVar("E")
Handler = Callable[[E, Work], object]
Needs = Callable[[E, Cause], Iterable[Key]]
Refusals = Mapping[type[Exception], SetAsideReason]
NO_REFUSALS: Refusals = {}


@dataclass(frozen=True, slots=True)
class Page:
    """One handler, what it will look at, the compartments that it must have opened, and by what it refuses a record."""

    handle: Handler[Any]
    needs: Needs[Any]
    opens: frozenset[Compartment] = frozenset()
    refuses: Refusals = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Book:
    """The handlers of a service, one a kind of content.

    A handler is pure: it may be run again for the same cause, and only its last run counts.
    `needs` saves runs: keys that it does not name are found out by running the handler.
    `refuses` names what it raises where the record can't be applied as things stand, which is no fault of our code.
    """

    pages: dict[type[Any], Page] = field(default_factory=dict)

    def on(
        self,
        kind: type[E],
        *,
        needs: Needs[E],
        opens: Iterable[Compartment] = (),
        refuses: Refusals = NO_REFUSALS,
    ) -> Callable[[Handler[E]], Handler[E]]:
        """Declare the handler of a kind of event."""

        def declare(handle: Handler[E]) -> Handler[E]:
            self.pages[kind] = Page(handle, needs, frozenset(opens), refuses)
            return handle

        return declare

    def reason_for(self, content: object, error: Exception) -> SetAsideReason | None:
        """Why a record on whose content its handler raised this is set aside; `None` where it is our own fault."""
        page = self.pages.get(type(content))
        refusals = page.refuses.items() if page else ()
        return next((reason for kind, reason in refusals if isinstance(error, kind)), None)
