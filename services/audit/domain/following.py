"""What must follow on what was said, and within which time: else nobody works on it, and somebody must look."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts import events as e
from shared.contracts.event import Event
from shared.contracts.vocabulary import Urgency

ACCEPTED, OPENED, OWED, OWED_LONG = "accepted-report", "opened-case", "owed-immediate-notice", "owed-notice"


CLOCKS_APART = timedelta(minutes=1)
"""How much earlier by its own clock a service may say what follows."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the log: what was said about a case, and when. `urgency`: where its content names one."""

    index: int
    type: str
    case: str
    at: datetime
    urgency: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """Every event of these types is to be followed by one of those about the same case.

    `anew`: the follower must not be older, since a case has several of them. `urgency`: only where it is this one.
    """

    what: str
    on: tuple[type[Event], ...]
    comes: tuple[type[Event], ...]
    within: timedelta
    anew: bool = False
    urgency: Urgency | None = None

    @property
    def openers(self) -> list[str]:
        """The types of what is to be followed."""
        return [each.type for each in self.on]

    @property
    def followers(self) -> list[str]:
        """The types of what may follow."""
        return [each.type for each in self.comes]

    def unfollowed(self, said: Sequence[Said], heard: Iterable[Said]) -> list[Said]:
        """Return what was said and is not followed by anything that was heard."""
        newest: dict[str, datetime] = {}
        for each in heard:
            if each.type in self.followers:
                newest[each.case] = max(each.at, newest.get(each.case, each.at))
        return [each for each in said if not self._is_followed(each, newest.get(each.case))]

    def concerns(self, said: Said) -> bool:
        """Whether it must be followed within this time: less urgent notices wait for the end of quiet hours."""
        return self.urgency is None or said.urgency == self.urgency

    def _is_followed(self, said: Said, newest: datetime | None) -> bool:
        return newest is not None and (not self.anew or newest >= said.at - CLOCKS_APART)


OVER = (e.CaseClosed, e.CaseMerged, e.CaseErased)
"""Whose case has ended so is not waited for any more."""
TOLD = (e.NotificationSent, e.NotificationFailed, e.ReferralCancelled, e.CaseErased)
NOTIFIED = (e.IscgAssigned, e.CaseEscalated, e.ReferralSent)

EXPECTATIONS = (
    Expectation(ACCEPTED, (e.ReportAccepted,), (e.CaseOpened, e.CaseErased), timedelta(seconds=60)),
    Expectation(OPENED, (e.CaseOpened,), (e.IscgAssigned, e.CaseEscalated, *OVER), timedelta(seconds=60)),
    Expectation(OWED, NOTIFIED, TOLD, timedelta(minutes=5), anew=True, urgency=Urgency.IMMEDIATE),
    Expectation(OWED_LONG, NOTIFIED, TOLD, timedelta(hours=24), anew=True),
)
"""A report and a case are handled within seconds. A notice is retried for minutes; one that is not immediate may wait
for the end of quiet hours."""
