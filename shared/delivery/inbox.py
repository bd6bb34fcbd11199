"""What became of records that came before: by it a repeat is told, and whether a record's turn has come."""

from collections.abc import Collection, Sequence

from shared.delivery.arrival import Arrival
from shared.delivery.decide import NOT_PASSED
from shared.delivery.remembered import Remembered
from shared.delivery.shelf import Database, find_ids
from shared.delivery.unit import Unit


class Inbox:
    """Answers from the database, and from memory where this process itself has let the record before pass.

    That a record has passed is final, so it may be remembered, whoever reads its lane meanwhile.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.passed: Remembered[str] = Remembered()

    async def before(self, arrivals: Sequence[Arrival]) -> dict[str, str]:
        """What became of the records just before these, as far as there are any.

        Whether these are repeats is not asked: if one is, its row can't be inserted.
        """
        wanted = {each.after for each in arrivals if each.after}
        remembered = {id_: outcome for id_ in wanted if (outcome := self.passed.get(id_))}
        return remembered | await self._find(wanted - remembered.keys())

    async def about(self, arrivals: Sequence[Arrival]) -> dict[str, str]:
        """What became of these records, where they are repeats, and of those just before them."""
        return await self._find({id_ for each in arrivals for id_ in (each.inbox_id, each.after) if id_})

    def note(self, unit: Unit, arrivals: Sequence[Arrival]) -> None:
        """Remember what has passed with a unit that is saved: one record a stream, the last."""
        for arrival in arrivals:
            outcome = unit.known.get(arrival.inbox_id)
            if arrival.waits and outcome is not None and outcome not in NOT_PASSED:
                self.passed.drop(arrival.after or "")
                self.passed.keep(arrival.inbox_id, outcome)

    async def _find(self, inbox_ids: Collection[str]) -> dict[str, str]:
        if not inbox_ids:
            return {}
        found = find_ids(self._database, "inbox", inbox_ids, {"outcome": True})
        return {row["_id"]: row["outcome"] for row in await found.to_list()}
