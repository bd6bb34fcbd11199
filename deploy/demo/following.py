"""Sends samples and follows each one to its end, or until patience ends."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from joserfc.jwk import KeySetSerialization

from deploy.demo.book import AddressBook, read_book
from deploy.demo.comparing import Disagreement, disagreements
from deploy.demo.history import History, Sent
from deploy.demo.house import AUDITOR, House
from deploy.demo.journey import End, Journey, gather
from deploy.demo.outside import Letterbox, LogReader, letterboxes
from deploy.demo.sending import send_all
from deploy.demo.watching import OWN, Ears
from deploy.samples.desk import Sample

SETTLING = 1.5
"""Seconds for which all must stay as expected: what comes twice comes late."""


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


def published_keys(house: House) -> KeySetSerialization:
    """The keys that intake publishes now."""
    keys: KeySetSerialization = house.ask("intake", "/.well-known/jwks.json").json()
    return keys


@dataclass
class Outlook:
    """Everything that is watched: topics, messages, log."""

    ears: Ears
    letterboxes: Sequence[Letterbox]
    log: LogReader

    async def open(self) -> None:
        """Look from now on only."""
        await self.log.skip()
        await self.ears.open()

    async def close(self) -> None:
        """Look away."""
        await self.ears.close()
        await self.log.close()

    async def look(self, run: Run) -> None:
        """Add to the run's history what is new. A log that can't be read is a trouble that may pass."""
        for heard in await self.ears.hear():
            run.history.hear(heard)
        for message in (each for letterbox in self.letterboxes for each in letterbox.empty()):
            run.history.messages[message.notice_id].append(message)
        try:
            for index, place in await self.log.lines():
                run.history.lines[place].append(index)
            run.trouble = ""
        except (httpx.HTTPError, ValueError) as error:
            run.trouble = f"The log can't be read: {type(error).__name__}."


async def follow(
    house: House, samples: Sequence[Sample], run: Run, patience: float, show: Callable[[Run], None]
) -> None:
    """Send the samples and watch, showing the run as it goes, until all is as expected or patience ends."""
    kafka = house.stack.settings()["RELAIS_KAFKA"]
    answers = sorted({f"station.receipts.{sample.integrator}" for sample in samples})
    outlook = Outlook(
        Ears(kafka, house.namespace, [*OWN, *answers]),
        letterboxes(house.stack),
        LogReader(house.address("audit"), house.token(AUDITOR)),
    )
    await outlook.open()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(send_all(kafka, house.namespace, samples, run.sent.append))
            await _watch(outlook, run, patience, show)
    finally:
        await outlook.close()


async def _watch(outlook: Outlook, run: Run, patience: float, show: Callable[[Run], None]) -> None:
    until, agreed_at = time.monotonic() + patience, None
    while (now := time.monotonic()) < until:
        await outlook.look(run)
        show(run)
        agreed_at = (agreed_at or now) if not run.wrong() else None
        if agreed_at and now - agreed_at >= SETTLING:
            return
