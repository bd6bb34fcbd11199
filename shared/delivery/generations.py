"""How often each topic was made anew, by its ids: so that no place on Kafka is ever taken for another one.

A topic that is deleted and made anew counts its offsets from 0 again, under the same name. What stands there now is no
repeat of what stood there before.
"""

from collections.abc import Mapping

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from shared.asking import Document
from shared.delivery.shelf import Database


class Generations:
    """Counts the ids that each topic has had, in the order in which they were first seen by any instance."""

    def __init__(self, database: Database) -> None:
        self._rows = database["topics"]
        self._of: dict[str, int] = {}

    def of(self, topic: str) -> int:
        """Which generation of a topic is read: 0 for the first one, and where the broker tells no ids."""
        return self._of.get(topic, 0)

    async def learn(self, ids: Mapping[str, str]) -> list[str]:
        """Learn that topics have these ids now. Returns those of which nobody knew that they were made anew.

        Raises what the database raises.
        """
        anew = []
        for topic, id_ in ids.items():
            known = await self._known_before(topic, id_)
            self._of[topic] = known.index(id_) if id_ in known else len(known)
            anew += [topic] if known and id_ not in known else []
        return anew

    async def _known_before(self, topic: str, id_: str) -> list[str]:
        """Keep an id; which ones were kept before."""
        known: Document = {"$ifNull": ["$ids", []]}
        grown: Document = {"$cond": [{"$in": [id_, known]}, known, {"$concatArrays": [known, [id_]]}]}
        change: list[Document] = [{"$set": {"ids": grown}}]
        try:
            row = await self._rows.find_one_and_update(
                {"_id": topic}, change, upsert=True, return_document=ReturnDocument.BEFORE
            )
        except DuplicateKeyError:
            # Another instance has seen the topic for the first time, too.
            return await self._known_before(topic, id_)
        ids: list[str] = row["ids"] if row else []
        return ids
