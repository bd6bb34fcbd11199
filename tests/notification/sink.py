"""A real SMTP server on loopback that answers as a test wishes and keeps what it took."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

PATIENCE = 40.0


@dataclass
class Sink:
    """What recipients got. `refusals` are given out first, one an attempt, before anything is taken.

    A refusal is an SMTP answer, or `"cut"`: the content is taken and the connection cut without a word; or `"slow"`: it
    is taken and answered after a second.
    """

    port: int
    refusals: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0

    def mails(self, recipient: str) -> list[EmailMessage]:
        """What this recipient got so far."""
        return [mail for to, mail in self.taken if to == recipient]

    async def wait_for(self, recipient: str, count: int = 1) -> list[EmailMessage]:
        """What this recipient got, once it is as much as this."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if len(found := self.mails(recipient)) >= count:
                    return found
                await asyncio.sleep(0.05)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Answer for as long as the block lasts."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()

    async def handle_EHLO(  # noqa: N802 # the name by which aiosmtpd calls it
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 # as above
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 # as above
        answer = self.refusals.pop(0) if self.refusals else "250 OK"
        if answer in ("250 OK", "cut", "slow"):
            mail = message_from_bytes(envelope.content, policy=default)
            self.taken += [(to, mail) for to in envelope.rcpt_tos]
        if answer == "cut":
            server.transport.abort()
        if answer == "slow":
            await asyncio.sleep(1)
        return "250 OK" if answer == "slow" else answer
