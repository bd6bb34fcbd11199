"""Asks several collections together: on a busy machine a question costs more than what is in it."""

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
Question = tuple[str, list[Document]]
"""A collection, and the stages of the aggregation that asks it."""

OF = "_of"
"""The member that tells to which question a document is an answer."""
MOST_OF_AN_ANSWER = 10_000
"""So many documents come at once, if they fit: the driver would ask for the first hundred, and then for the rest."""


async def ask(database: AsyncDatabase[Document], questions: Sequence[Question]) -> list[list[Document]]:
    """The answer to each question, all by one command (`$unionWith`)."""
    answers: list[list[Document]] = [[] for _ in questions]
    if not questions:
        return answers
    (first, stages), *others = [(name, [*stages, {"$set": {OF: n}}]) for n, (name, stages) in enumerate(questions)]
    union = [{"$unionWith": {"coll": name, "pipeline": pipeline}} for name, pipeline in others]
    cursor = await database[first].aggregate([*stages, *union], batchSize=MOST_OF_AN_ANSWER)
    for document in await cursor.to_list():
        answers[document.pop(OF)].append(document)
    return answers
