"""Makes deadlines act: each that is due becomes a cause like any other, once, from whichever instance comes first."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.lease import DueRows, Row
from shared.delivery.shelf import Shelf
from shared.delivery.unit import Work
from shared.vault import Erased

OnDue = Callable[[UUID, Work], object]


def ticking(delivery: Delivery, deadlines: Shelf[Any], on_due: OnDue, end: OnDue) -> DueRows:
    """What runs a shelf's deadlines. Each has the members `id`, `case_id`, `due_at` and perhaps `trace`.

    A deadline's id, computed and never chosen by chance, is the tick's cause. `on_due` is pure like a handler: it looks
    at the deadline again, ends it, and decides what else to do, if anything. `end` only ends it: its case is erased.
    """

    async def tick(row: Row) -> None:
        id_, case_id = row["_id"], row["case_id"]
        with delivery.tracing.hop("tick", deadlines.name, parent=row.get("trace"), case_id=case_id):
            cause = new_cause(delivery, case_id, id_=UUID(id_))
            try:
                await delivery.perform_due(cause, partial(on_due, cause.id), [(deadlines, id_)])
            except Erased:
                await delivery.perform_due(cause, partial(end, cause.id), [(deadlines, id_)])

    return DueRows(delivery, deadlines, tick)
