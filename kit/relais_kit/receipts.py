"""A series of receipts as Kafka may deliver them: some come again, and older ones come again after newer ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid5

import orjson
import rfc8785
from joserfc import jws
from joserfc.jwk import OKPKey

from relais_kit.base import Json
from relais_kit.keys import signed_members

AT = "2026-11-23T09:42:07.123000Z"
OURS = UUID("0b8a3c52-6f0e-4d5e-8a55-7f0c1b3f9e77")
Step = tuple[str, str, int | None, str | None]
"""One receipt: its outcome, the standing that it tells, the revision if it could be read, why it is rejected."""

STORIES: dict[str, Sequence[Step]] = {
    "taken in charge": (("accepted", "received", 1, None), ("standing", "taken-in-charge", 1, None)),
    "sent twice": (("accepted", "received", 1, None), ("accepted", "received", 1, None)),
    "corrected, then a late repeat of the older": (
        ("accepted", "received", 1, None),
        ("corrected", "received", 3, None),
        ("rejected", "rejected", 2, "stale-revision"),
        ("standing", "taken-in-charge", 3, None),
        ("standing", "closed", 3, None),
    ),
    "rejected, then mended": (("rejected", "rejected", 1, "invalid"), ("accepted", "received", 1, None)),
    "kept, then its report": (
        ("kept", "received", 2, None),
        ("accepted", "received", 1, None),
        ("corrected", "received", 2, None),
    ),
    "withdrawn, then something new": (
        ("accepted", "received", 1, None),
        ("withdrawn", "received", 2, None),
        ("standing", "closed", 2, None),
        ("rejected", "rejected", 3, "report-id-reused"),
    ),
    "rejected": (("rejected", "rejected", 1, "unknown-station"),),
    "rejected, unreadable": (("rejected", "rejected", None, "invalid"),),
}
"""What has happened to each report. Its station must hold the last receipt that is no rejection, if there is one."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Records in the order of delivery, the keys to check them with, and what must be held after all of them."""

    records: Sequence[Json]
    keys: Json
    held: Sequence[tuple[str, str, int | None]]


def rehearsal(seed: int = 1) -> Rehearsal:
    """Return the receipts of every story, mixed. The same seed gives the same order."""
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    stories = {str(uuid5(OURS, name)): steps for name, steps in STORIES.items()}
    told = [list(_records(report_id, steps, key)) for report_id, steps in stories.items()]
    held = sorted((report_id, *_held(steps)) for report_id, steps in stories.items())
    return Rehearsal(list(_delivered(told, Random(seed))), {"keys": [key.as_dict(private=False)]}, held)  # noqa: S311 # an order, no secret


def _delivered(told: Sequence[Sequence[Json]], random: Random) -> Iterator[Json]:
    """Each receipt for the first time in order, and after each of them some that have come before."""
    waiting, come = [list(story) for story in told], list[Json]()
    while left := [story for story in waiting if story]:
        come.append(random.choice(left).pop(0))
        yield come[-1]
        yield from random.choices(come, k=random.randint(0, 3))
    yield from come[:5]


def _held(steps: Sequence[Step]) -> tuple[str, int | None]:
    *_, (_, standing, revision, _) = [step for step in steps if step[0] != "rejected"] or steps
    return standing, revision


def _records(report_id: str, steps: Sequence[Step], key: OKPKey) -> Iterator[Json]:
    for sequence, (outcome, standing, revision, reason) in enumerate(steps, start=1):
        event_id = str(uuid5(OURS, f"{report_id}/{sequence}"))
        members = {"report_id": report_id, "revision": revision, "reason": reason}
        receipt: Json = {name: value for name, value in members.items() if value is not None}
        receipt |= {"outcome": outcome, "standing": standing, "received_at": AT, "numbers": ["17", "3919"]}
        headers = {
            "ce_id": event_id,
            "ce_type": "station.receipt-issued.v1",
            "ce_subject": report_id,
            "ce_sequence": f"{sequence:010}",
            "ce_time": datetime(2026, 11, 23, 9, 42, 7, tzinfo=UTC).isoformat(),
        }
        yield {"headers": headers, "value": orjson.dumps(_signed(receipt, key)).decode()}


def _signed(receipt: Json, key: OKPKey) -> Json:
    payload, header = rfc8785.dumps(signed_members(receipt)), {"alg": "Ed25519", "kid": key.kid}
    return receipt | {"jws": jws.serialize_compact(header, payload, key, algorithms=["Ed25519"])}
