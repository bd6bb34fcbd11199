"""Inspection: the identity behind a line of the log, which nobody gets to see alone."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime

WAITS, LASTS = timedelta(hours=24), timedelta(hours=1)
"""How long a request waits for the second person, and how long her grant lasts."""


class NoSuchInspection(Exception):
    """There is no such request, or it is not this person's, or its time is over."""


class OwnRequest(Exception):
    """Whoever asks can't grant it: it takes a second person."""


class Inspection(Block):
    """Demande d'identité: somebody who inspects asks who a case is about; the words of the reason are sealed."""

    id: UUID
    case_id: UUID
    asked_by: UUID
    asked_at: UtcTime
    justification: str
    granted_by: UUID | None = None
    granted_at: UtcTime | None = None

    def granted(self, by: UUID, at: datetime) -> Self:
        """A second person agrees. Raises `OwnRequest`, `NoSuchInspection`."""
        if by == self.asked_by:
            raise OwnRequest
        if self.granted_by is not None or at >= self.asked_at + WAITS:
            raise NoSuchInspection
        return self.model_copy(update={"granted_by": by, "granted_at": at})

    def is_open_to(self, by: UUID, at: datetime) -> bool:
        """Whether this person may look now."""
        return by == self.asked_by and self.granted_at is not None and at < self.granted_at + LASTS
