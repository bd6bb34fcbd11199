"""Referral beside a bare loop with the same cryptography and writes: both run, and have accepted reports in turn."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import orjson

from deploy.demo.house import House
from deploy.local.stack import Stack
from services.referral.migrations import MIGRATIONS
from services.referral.settings import ReferralSettings
from shared.delivery.envelope import Envelope
from shared.delivery.opening import open_delivery
from shared.settings import read_settings
from shared.vault import Plain, Vault
from shared.watch.metrics import Metrics
from tests.bench.bare import floors
from tests.bench.contenders import Seconds, Sent, compared, in_turn, time_until
from tests.bench.rows import Row
from tests.referral.builders import a_report

REPORTS = 2_000
SALT = UUID("6f0f3c1c-2b0a-4a57-9e3a-3a8d2f7f6a11")
SAID_OF_EACH = 2
"""A case was opened, an ISCG was given it."""


def measure(stack: Stack, say: Callable[[str], None]) -> list[Row]:
    """Both have the same work five times, in turn; what each did first, while it was cold, is not counted."""
    house = House(stack)
    house.open()
    try:
        for other in ("intake", "notification", "audit"):
            house.services[other].stop()
        os.environ.update({**stack.settings(), **house.settings()})
        with floors(stack, [["tests.bench.referral_floor"]]):
            return [compared("referral, reports/s", asyncio.run(_in_turn(say)), REPORTS, "≥ 0.4")]
    finally:
        house.close()


async def _in_turn(say: Callable[[str], None]) -> Seconds:
    settings = read_settings(ReferralSettings)
    async with open_delivery(settings, ("contact", "file"), MIGRATIONS, Metrics("referral")) as delivery:

        async def work(prefix: str, n: int) -> float:
            records = await _records(delivery.vault, f"{prefix}{n}")
            heard, said = f"{prefix}relais.intake", f"{prefix}relais.cases"
            return await time_until(",".join(settings.kafka), heard, records, said, SAID_OF_EACH)

        return await in_turn(say, work)


async def _records(vault: Vault, name: str) -> list[Sent]:
    """Accepted reports of as many cases, sealed before the clock runs."""
    now, records = datetime.now(UTC), list[Sent]()
    for n in range(0, REPORTS, 500):
        ids = [uuid5(SALT, f"{name} {n + k}") for k in range(500)]
        reports = [a_report(case_id=id_, report_id=uuid5(id_, "report"), received_at=now) for id_ in ids]
        plain: list[Any] = [
            Plain(each.sealed_members()[part], str(each.case_id), block)
            for each in reports
            for part, block in each.blocks().items()
        ]
        sealed = iter(await vault.seal_many(plain))
        for each in reports:
            body = each.clear() | {part: b64encode(next(sealed)).decode() for part in each.blocks()}
            source, subject = "/relais/intake/intake", str(each.case_id)
            envelope = Envelope(uuid5(each.case_id, "accepted"), each.type, source, subject, now, 1, subject)
            headers = [(header, text.encode()) for header, text in envelope.headers().items()]
            records.append(Sent(orjson.dumps(body), subject.encode(), headers))
    return records
