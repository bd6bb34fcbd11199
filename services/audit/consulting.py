"""An auditor's search: why it is made is logged before its result is shown."""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import rfc8785
from uuid6 import uuid7

from services.audit.store.entries import Entries
from shared.contracts.events import LogConsulted
from shared.contracts.vocabulary import Purpose
from shared.delivery.cause import Actor, Cause
from shared.delivery.delivery import Delivery

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: the lines about a case that stand behind a place in the log."""

    case: UUID
    after: int

    @property
    def digest(self) -> str:
        """Tells two searches apart without telling what was searched for: that stands in the event's envelope."""
        return sha256(rfc8785.dumps(asdict(self) | {"case": str(self.case)})).hexdigest()


class Consulting:
    """Answers auditors, and never before it is saved that they asked."""

    def __init__(self, delivery: Delivery, entries: Entries, origin: str) -> None:
        self._delivery = delivery
        self._entries = entries
        self._origin = origin

    async def search(self, search: Search, purpose: Purpose, by: UUID) -> dict[str, Any]:
        """At most 500 lines about a case, in their order, and where to go on."""
        size, found = await self._entries.of_case(str(search.case), search.after, MOST_AT_ONCE)
        consulted = LogConsulted(purpose=purpose, filter_digest=search.digest, count=len(found))
        cause = Cause(uuid7(), self._delivery.clock.now(), by=Actor("app_user", str(by)))
        await self._delivery.perform(cause, lambda work: work.say(consulted, self._origin, correlation=search.case))
        more = found[-1]["index"] if len(found) == MOST_AT_ONCE else None
        return {"origin": self._origin, "size": size, "entries": found, "after": more}
