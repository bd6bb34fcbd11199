"""The desk behind the HTTP door: a report is decided about and stored before anybody is told that it was taken."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from services.intake.domain.receiving import Accepted, Rejected, Repeated, Verdict
from services.intake.domain.submission import Submission
from services.intake.door import Identifying
from services.intake.http.cloudevents import Presented
from services.intake.http.patience import patiently
from services.intake.http.reading import read_submission
from services.intake.reception import Reception, look_at, looked_at
from services.intake.store import SIGNING_IN
from shared.contracts.events import ReceiptIssued
from shared.contracts.sentences import explained
from shared.delivery.cause import Actor, new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.vault import OF_A_CASE
from shared.vault.ring import Ring
from shared.web.doors import Caller
from shared.web.problems import INVALID, UNKNOWN_INTEGRATOR, Problem, unavailable

T = TypeVar("T")
MOST_AT_ONCE = 400
"""Reports that are being decided about: who comes while they are this many is asked to come again."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one report, and its receipt."""

    submission: Submission
    verdict: Verdict | Repeated
    receipt: ReceiptIssued | None = None


class Desk:
    """Takes and checks the reports of whoever has signed in."""

    def __init__(self, delivery: Delivery, ring: Ring, identifying: Identifying, reception: Reception) -> None:
        self._delivery, self._ring, self._identifying, self._reception = delivery, ring, identifying, reception
        self._codes: dict[UUID, str] = {}
        self._welcome = set[tuple[str, str | None]]()
        self._busy = 0

    @contextmanager
    def room_for(self, many: int) -> Iterator[None]:
        """Hold a place for this many reports meanwhile. Raises a `Problem`, 503, where there are not so many."""
        if self._busy + many > MOST_AT_ONCE:
            raise unavailable(1)
        self._busy += many
        try:
            yield
        finally:
            self._busy -= many

    async def take(self, presented: Presented, who: Caller) -> Decided:
        """Store a report, or that it is rejected, with its receipt. Raises a `Problem` where nothing was stored.

        Sent again it is a repeat for the domain, by identity, revision and fingerprint: so the cause need not be.
        """

        def act(submission: Submission, work: Work) -> Decided:
            return Decided(submission, *self._reception.receive(submission, work))

        with self._delivery.tracing.hop("decide", presented.type, links=[presented.traceparent]):
            decided = await self._decide(presented, who, act, is_kept=True)
        self._remember(decided)
        return decided

    async def check(self, presented: Presented, who: Caller) -> Decided:
        """What would become of a report; nothing is stored or said. Raises a `Problem`."""
        return await self._decide(
            presented, who, lambda submission, work: Decided(submission, look_at(submission, work))
        )

    async def _decide(
        self, presented: Presented, who: Caller, act: Callable[[Submission, Work], T], *, is_kept: bool = False
    ) -> T:
        read = self._read(presented)
        cause = new_cause(self._delivery, by=Actor("service_account", str(who.authid)), at=read.received_at)
        guessed = self._of(read, self._codes.get(who.authid, ""))

        def decide(work: Work) -> T | None:
            integrator = work.get(SIGNING_IN, who.authid)
            if integrator is None:
                return None
            self._codes[who.authid] = integrator.code
            return act(guessed if guessed.integrator == integrator.code else self._of(read, integrator.code), work)

        # A key is made before the decision only where the last report of this station was taken.
        report = guessed.report if is_kept and _sent_by(guessed) in self._welcome else None
        opens_case = report is not None and guessed.case_id is not None and report.content.may_be_contacted()
        seals = [(each, str(guessed.case_id)) for each in OF_A_CASE] if opens_case else []
        # What will be looked at, as far as is known before: it saves a second look.
        needs = (SIGNING_IN, str(who.authid)), *(looked_at(guessed) if guessed.integrator else ())
        decided = await patiently(self._delivery.perform(cause, decide, needs, seals))
        if decided is None:
            raise Problem(UNKNOWN_INTEGRATOR)
        return decided

    def _remember(self, decided: Decided) -> None:
        """Note for whom keys may be made beforehand."""
        if isinstance(decided.verdict, Accepted):
            self._welcome.add(_sent_by(decided.submission))
        elif isinstance(decided.verdict, Rejected):
            self._welcome.discard(_sent_by(decided.submission))

    def _read(self, presented: Presented) -> Submission:
        """The submission. Raises a `Problem` for faults of the event, with those of its report if it can be opened."""
        at, attributes = self._delivery.clock.now(), presented.faults()
        try:
            read = read_submission(presented, at.replace(microsecond=at.microsecond // 1000 * 1000), self._ring)
        except Problem:
            if attributes:
                raise Problem(INVALID, members={"faults": explained(attributes)}) from None
            raise
        if attributes:
            faults = [fault.model_dump(mode="json") for fault in read.faults]
            raise Problem(INVALID, members={"faults": explained([*attributes, *faults])})
        return read

    def _of(self, read: Submission, integrator: str) -> Submission:
        return self._identifying.identified(replace(read, integrator=integrator))


def _sent_by(submission: Submission) -> tuple[str, str | None]:
    return submission.integrator, submission.station
