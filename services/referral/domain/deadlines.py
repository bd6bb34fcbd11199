"""Échéances: the clocks that run on a case. Each reminds first, and then runs out."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid5

from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.vocabulary import DeadlineKind
from shared.contracts.vocabulary.code import Code


class Stage(Code):
    """Étape d'une échéance."""

    REMINDER = "reminder", "Rappel"
    BREACH = "breach", "Dépassement"


class Deadline(Block):
    """Échéance of a case: a reminder, or its end. It has `due_at` for as long as it runs.

    `n` counts the clocks of one kind on one case, from 1; `ends_at` is when the clock runs out. What comes of it joins
    the trace of its case.
    """

    id: UUID
    case_id: UUID
    kind: DeadlineKind
    n: int = 1
    stage: Stage = Stage.BREACH
    due_at: UtcTime | None = None
    ends_at: UtcTime
    trace: str | None = None

    def ended(self) -> "Deadline":
        """The clock has run out, or need not run any more."""
        return self.model_copy(update={"due_at": None})


def deadline_id(case_id: UUID, kind: DeadlineKind, n: int, stage: Stage = Stage.BREACH) -> UUID:
    """The id of a clock's reminder or end. It is computed, so that each runs once."""
    return uuid5(case_id, f"{kind}/{n}" if stage is Stage.BREACH else f"{kind}/{n}/{stage}")


def deadlines(
    case_id: UUID, kind: DeadlineKind, n: int, since: datetime, due_at: datetime, *, trace: str | None
) -> Iterator[Deadline]:
    """The n-th clock of this kind on a case: a reminder when half of the time is over, and its end."""
    moments = {Stage.REMINDER: since + (due_at - since) / 2, Stage.BREACH: due_at}
    for stage, at in moments.items():
        id_ = deadline_id(case_id, kind, n, stage)
        running = Deadline(id=id_, case_id=case_id, kind=kind, n=n, stage=stage, ends_at=due_at, trace=trace)
        yield running.model_copy(update={"due_at": at})
