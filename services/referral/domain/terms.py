"""Délais: how long each clock of a case runs, by urgency. All of them are ours: no national delay exists."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, StrictInt, model_validator

from services.referral.domain.calendars import after_working_days
from shared.contracts.fields import Block
from shared.contracts.vocabulary import DeadlineKind, Urgency


class Span(Block):
    """Délai: so many seconds around the clock, or so many working days (jours ouvrés) of the département."""

    seconds: Annotated[StrictInt, Field(ge=1, le=90 * 24 * 3600)] | None = None
    working_days: Annotated[StrictInt, Field(ge=1, le=60)] | None = None

    @model_validator(mode="after")
    def check_one(self) -> Self:
        """It is counted in one way."""
        if (self.seconds is None) == (self.working_days is None):
            raise ValueError("a delay is in seconds or in working days")
        return self

    def after(self, at: datetime, departement: str, zone: str) -> datetime:
        """When it has run out."""
        if self.working_days is None:
            return at + timedelta(seconds=self.seconds or 0)
        return after_working_days(at, self.working_days, departement, zone)


class Spans(Block):
    """A delay for each degree of urgency."""

    immediate: Span
    urgent: Span
    standard: Span

    def of(self, urgency: Urgency) -> Span:
        """The delay of this urgency."""
        by_urgency = {
            Urgency.IMMEDIATE: self.immediate,
            Urgency.URGENT: self.urgent,
            Urgency.STANDARD: self.standard,
        }
        return by_urgency[urgency]


class TermsHere(Block):
    """What a département counts otherwise than the rest; whatever it does not name is as everywhere."""

    to_be_accepted: Spans | None = None
    to_be_placed: Spans | None = None
    first_contact: Spans | None = None
    follow_up: Spans | None = None


class Terms(Block):
    """Every delay. What can't wait is counted around the clock, what can in working days."""

    to_be_accepted: Spans
    to_be_placed: Spans
    first_contact: Spans
    follow_up: Spans
    answer_within: timedelta

    def here(self, departement: TermsHere) -> Self:
        """These, with what a département counts otherwise."""
        return self.model_copy(update={name: spans for name, spans in departement if spans})

    def due_at(self, kind: DeadlineKind, urgency: Urgency, since: datetime, there: tuple[str, str]) -> datetime:
        """When a clock of this kind, which runs since then, runs out there: in a département, by its time zone."""
        spans = {
            DeadlineKind.TO_BE_ACCEPTED: self.to_be_accepted,
            DeadlineKind.TO_BE_PLACED: self.to_be_placed,
            DeadlineKind.FIRST_CONTACT: self.first_contact,
            DeadlineKind.FOLLOW_UP: self.follow_up,
        }
        return spans[kind].of(urgency).after(since, *there)


MINUTE, HOUR = 60, 3600
OURS = Terms(
    to_be_accepted=Spans(immediate=Span(seconds=HOUR), urgent=Span(seconds=24 * HOUR), standard=Span(working_days=5)),
    to_be_placed=Spans(
        immediate=Span(seconds=30 * MINUTE), urgent=Span(seconds=4 * HOUR), standard=Span(working_days=2)
    ),
    first_contact=Spans(
        immediate=Span(seconds=4 * HOUR), urgent=Span(seconds=48 * HOUR), standard=Span(working_days=10)
    ),
    follow_up=Spans(immediate=Span(working_days=5), urgent=Span(working_days=10), standard=Span(working_days=20)),
    answer_within=timedelta(days=30),
)
"""Ours, all of them: no national delay was found but DORA's thirty days for a partner's answer."""
