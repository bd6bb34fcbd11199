"""Why somebody looks into the log: said once, in her own words, for all that she looks up in the next hours."""

from datetime import datetime, timedelta
from uuid import UUID

from shared.contracts.fields import Block
from shared.contracts.forms import UtcTime
from shared.contracts.vocabulary import Purpose
from shared.delivery.shelf import Shelf

LASTS = timedelta(hours=8)
"""Ours: a working day."""


class NoConsultation(Exception):
    """There is none under this id, or it is somebody else's, or its time is over."""


class Consultation(Block):
    """Consultation du journal: who looks and why. The words are sealed for an inspector, under their year."""

    id: UUID
    by: UUID
    purpose: Purpose
    opened_at: UtcTime
    justification: str

    @property
    def until(self) -> datetime:
        """When it is over."""
        return self.opened_at + LASTS

    def check_open(self, by: UUID, at: datetime) -> None:
        """Raises `NoConsultation` for anybody else, and when it is over."""
        if by != self.by or at >= self.until:
            raise NoConsultation


CONSULTATIONS: Shelf[Consultation] = Shelf("consultations", Consultation)
