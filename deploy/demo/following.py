"""Sends samples and follows each one to its end, or until patience ends."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from deploy.demo.book import AddressBook, read_book
from deploy.demo.comparing import Disagreement, disagreements
from deploy.demo.history import History, Sent
from deploy.demo.house import AUDITOR, House
from deploy.demo.journey import End, Journey, gather
from deploy.demo.outside import LogReader, Mailbox
from deploy.demo.sending import send_all
from deploy.demo.watching import OWN, Ears
from deploy.samples.desk import Desk, Sample

SETTLING = 1.5
"""Seconds for which all must stay as expected: what comes twice comes late."""

Samples = Callable[[Desk], Sequence[Sample]]


@dataclass
class Run:
    """One run of the demo: what was sent, what was seen of it, what is not as expected."""

    expected: Mapping[str, End]
    book: AddressBook = field(default_factory=read_book)
    sent: list[Sent] = field(default_factory=list)
    history: History = field(default_factory=History)
    trouble: str = ""
    started: float = field(default_factory=time.monotonic)

    def journeys(self) -> list[Journey]:
        """Every sample that was sent, as far as it has come."""
        return [gather(sent, self.history) for sent in self.sent]

    def wrong(self) -> list[Disagreement]:
        """What is not, or not yet, as expected."""
        return disagreements(self.expected, self.journeys(), self.book)


def a_desk(house: House) -> Desk:
    """A station's software, with the keys that intake publishes now and fresh ids."""
    return Desk(house.ask("intake", "/.well-known/jwks.json").json(), uuid4(), datetime.now(UTC))


async def follow(
    house: House, samples: Sequence[Sample], run: Run, patience: float, show: Callable[[Run], None]
) -> None:
    """Send the samples and watch, showing the run as it goes, until all is as expected or patience ends."""
    integrators = sorted({sample.integrator for sample in samples})
    kafka = house.stack.settings()["RELAIS_KAFKA"]
    ears = Ears(kafka, house.namespace, [*OWN, *(f"station.receipts.{each}" for each in integrators)])
    log = LogReader(house.address("audit"), house.token(AUDITOR))
    mailbox = Mailbox(house.stack.folder / "smtp" / "mail" / "new")
    await log.skip()
    await ears.open()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(send_all(kafka, house.namespace, samples, run.sent.append))
            await _watch(ears, mailbox, log, run, patience, show)
    finally:
        await ears.close()
        await log.close()


async def _watch(
    ears: Ears, mailbox: Mailbox, log: LogReader, run: Run, patience: float, show: Callable[[Run], None]
) -> None:
    until, agreed_at = time.monotonic() + patience, None
    while (now := time.monotonic()) < until:
        await _look(ears, mailbox, log, run)
        show(run)
        agreed_at = (agreed_at or now) if not run.wrong() else None
        if agreed_at and now - agreed_at >= SETTLING:
            return


async def _look(ears: Ears, mailbox: Mailbox, log: LogReader, run: Run) -> None:
    for heard in await ears.hear():
        run.history.hear(heard)
    for mail in mailbox.empty():
        run.history.mails[mail.notice_id].append(mail)
    try:
        for index, place in await log.lines():
            run.history.lines[place].append(index)
        run.trouble = ""
    except (httpx.HTTPError, json.JSONDecodeError) as error:
        run.trouble = f"The log can't be read: {type(error).__name__}."
