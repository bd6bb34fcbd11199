"""Says where people look at data in an unusual way: after the lines, by the rules, once each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import orjson

from services.audit.domain.headers import uuid_text
from services.audit.domain.unusual import HOUR, RULES, WEEK, Counted, Look, unusual, window_of
from services.audit.store.documents import HEAD
from shared.contracts.events import UnusualAccessSeen
from shared.contracts.fields import Block
from shared.contracts.ids import NAMESPACE
from shared.contracts.vocabulary import UnusualAccess
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.periodic import ItemsFailed, for_each
from shared.delivery.shelf import Key, Shelf
from shared.delivery.unit import Work

LOOKED_AT_ONCE = 200
LOOKS = {"op": "consultation", "who": {"$exists": True}}
WATCH = "watch"


class Watched(Block):
    """How far the lines were looked at."""

    up_to: int


class Finding(Block):
    """What was said once, and is not said again."""

    rule: UnusualAccess


WATCHED: Shelf[Watched] = Shelf("watched", Watched)
FINDINGS: Shelf[Finding] = Shelf("findings", Finding)


class Noticing:
    """Looks at each line that tells of a look, in their order."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._entries = delivery.database["entries"]

    async def look(self) -> None:
        """Look at the lines that were added since the last time, a bounded number of them."""
        done = await self._delivery.database[WATCHED.name].find_one({"_id": WATCH}) or {"up_to": 0}
        head = await self._delivery.database["head"].find_one({"_id": HEAD}, {"size": True}) or {"size": 0}
        if done["up_to"] >= head["size"]:
            return
        which = LOOKS | {"_id": {"$gte": done["up_to"], "$lt": head["size"]}}
        rows = await self._entries.find(which, {"leaf": True}, sort={"_id": 1}, limit=LOOKED_AT_ONCE).to_list()
        up_to = rows[-1]["_id"] + 1 if len(rows) == LOOKED_AT_ONCE else head["size"]
        seen, failure = await self._seen(rows)
        needs: list[Key] = [(WATCHED, WATCH), *((FINDINGS, key) for each in seen for key in _keys(*each))]
        with self._delivery.tracing.hop("run", "watch-access"):
            cause = new_cause(self._delivery, id_=uuid5(NAMESPACE, f"watch/{done['up_to']}"))
            await self._delivery.perform_due(cause, partial(_say, seen, up_to), needs)
        if failure:
            raise failure

    async def _seen(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[Look, Counted]], ItemsFailed | None]:
        """What is counted of each look. A line that can't be looked at is passed over, so that the next ones are."""
        seen, by_index = list[tuple[Look, Counted]](), {row["_id"]: row for row in rows}

        async def count(index: int) -> None:
            look = _look(by_index[index])
            if uuid_text(look.actor):
                seen.append((look, await self._counted(look)))

        try:
            await for_each(by_index, count, "watch-access", "sequence")
        except ItemsFailed as failure:
            return seen, failure
        return seen, None

    async def _counted(self, look: Look) -> Counted:
        by = {"who": look.actor, "op": "consultation"}
        hour = by | {"at": {"$gt": look.at - HOUR, "$lte": look.at}}
        week = by | {"at": {"$gt": look.at - WEEK, "$lte": look.at}, "refs": look.subject}
        at_the_same = await self._entries.count_documents(week) if look.subject else 0
        return Counted(await self._entries.count_documents(hour), at_the_same)


def _look(row: Mapping[str, Any]) -> Look:
    leaf = orjson.loads(row["leaf"])
    return Look(datetime.fromisoformat(leaf["time"]), leaf["who"], uuid_text(leaf["subject"]), leaf["why"])


def _keys(look: Look, counted: Counted) -> list[str]:
    return [window_of(rule, look) for rule, _ in unusual(look, counted)]


def _say(seen: Sequence[tuple[Look, Counted]], up_to: int, work: Work) -> None:
    work.put(WATCHED, WATCH, Watched(up_to=up_to))
    for look, counted in seen:
        for rule, many in unusual(look, counted):
            key = window_of(rule, look)
            if work.get(FINDINGS, key) is None:
                work.put(FINDINGS, key, Finding(rule=rule))
                event = UnusualAccessSeen(
                    rule=rule, actor=UUID(look.actor), count=many, since=look.at - RULES[rule].window, until=look.at
                )
                work.say(event, look.subject or look.actor, correlation=look.subject)
