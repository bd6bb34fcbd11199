"""Sends the notices that are owed: towards professionals at least once, towards the person at most once."""

import asyncio
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid5

import structlog

from services.notification.domain.notice import Handover, Notice, NoticeState, Patience
from services.notification.handlers import say_outcome
from services.notification.letters import Letters
from services.notification.mail import Letter
from services.notification.store import NOTICES
from shared.contracts.vocabulary import NoticeFailure
from shared.delivery.cause import Cause
from shared.delivery.delivery import Delivery
from shared.delivery.lease import Row
from shared.delivery.unit import Work
from shared.vault import Erased
from shared.watch.metrics import NOTICES as NOTICES_ENDED
from shared.watch.metrics import Metrics
from shared.watch.traces import traceparent_now

COUNTED = (NoticeState.SENT, NoticeState.FAILED, NoticeState.UNKNOWN)

log = structlog.get_logger()


class Post(Protocol):
    """Takes letters: the operator's mail server."""

    async def send(self, letter: Letter) -> Handover:
        """Hand one over, and tell how it ended."""
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Performs owed notices, safely twice: `sending` is committed before the mail goes, its outcome after."""

    delivery: Delivery
    letters: Letters
    post: Post
    patience: Patience
    metrics: Metrics

    async def perform(self, row: Row) -> None:
        """Bring one notice that is due one step on. A mail that is on its way is waited for even when we must end."""
        notice = NOTICES.state(row)
        with self.delivery.tracing.hop("send", notice.template, parent=notice.trace, case_id=notice.case_id):
            step = asyncio.ensure_future(self._step(notice))
            try:
                await asyncio.shield(step)
            except asyncio.CancelledError:
                await step
                raise

    async def _step(self, notice: Notice) -> None:
        if notice.state is NoticeState.SENDING:
            # Whoever was sending it died over it: the mail may have gone.
            await self._record(notice, Handover.UNKNOWN)
            return
        try:
            letter = await self.letters.write(notice)
        except Erased:
            await self._move(notice, notice.cancelled(), "cancelled")
            return
        if letter is None:
            await self._move(notice, notice.failed(NoticeFailure.NO_CHANNEL), "no-channel")
            return
        await self._send(notice, letter)

    async def _send(self, notice: Notice, letter: Letter) -> None:
        begun = notice.begun(self.delivery.clock.now(), self.patience)
        if not await self._move(notice, begun, f"sending/{begun.attempts}"):
            return
        handover = await self.post.send(letter)
        self.delivery.crash.reach("in-send")
        await self._record(begun, handover)

    async def _record(self, notice: Notice, handover: Handover) -> None:
        ended = notice.ended(handover, self.delivery.clock.now(), self.patience)
        if await self._move(notice, ended, f"send/{notice.attempts}"):
            log.info("notice-sending-ended", notice_id=notice.id, state=ended.state, attempt=notice.attempts)
            if ended.state in COUNTED:
                self.metrics[NOTICES_ENDED].labels(ended.state.value).inc()

    async def _move(self, before: Notice, after: Notice, step: str) -> bool:
        """Whether the notice went on from here; `False` where another instance was first."""

        def move(work: Work) -> bool:
            if not before.is_where(work.get(NOTICES, before.id)):
                return False
            work.put(NOTICES, before.id, after)
            say_outcome(after, work)
            return True

        at, case_id = self.delivery.clock.now(), str(before.case_id)
        cause = Cause(uuid5(before.id, step), at, subject=case_id, trace=traceparent_now())
        return await self.delivery.perform(cause, move, [(NOTICES, str(before.id))])
