"""Records as stations write them, and a door that reads them."""

from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson

from services.intake.door import Identifying, StationDoor
from services.intake.keeping import Keeper
from services.intake.reception import Reception
from shared.contracts.ids import NAMESPACE
from shared.delivery.arrival import Arrival
from shared.delivery.record import Place, Record
from shared.vault.jwe import seal_for_intake
from shared.vault.ring import Ring, write_new_keys
from shared.vault.sign import sign
from tests.contracts.builders import Change, a_clear_part, a_content
from tests.contracts.builders import a_withdrawal as withdrawal_data

T0 = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
STATION = "GN-31-0412"
REPORT_ID = UUID("0d9f4d6e-3c51-4b8f-9a53-6a1f0c2b7e11")


@cache
def a_ring(name: str = "first") -> Ring:
    """Keys of intake, the same in every test; under another name, others."""
    with TemporaryDirectory() as folder:
        write_new_keys(Path(folder), name)
        return Ring.read(Path(folder))


def a_door(ring: Ring | None = None) -> StationDoor:
    """The stations' door, with secrets of its own."""
    return StationDoor(
        ring or a_ring(), Identifying(b"c" * 32, b"f" * 32, b"p" * 32, lambda code: uuid5(NAMESPACE, code))
    )


def a_reception(ring: Ring | None = None) -> Reception:
    """Where reports are decided about, with keys to sign and to keep."""
    return Reception(partial(sign, ring=a_ring()), Keeper(ring or a_ring()))


def a_withdrawal(**members: Any) -> bytes:
    """The body of a record: the example withdrawal."""
    return orjson.dumps(withdrawal_data(report_id=str(REPORT_ID), station=STATION) | members)


def a_report(*changes: Change, **clear: Any) -> bytes:
    """The body of a record: the example report, sealed anew, with changes in its content and its clear part."""
    sealed = seal_for_intake(a_ring().public(), orjson.dumps(a_content(*changes)))
    return orjson.dumps(a_clear_part(report_id=str(REPORT_ID), station=STATION, sealed=sealed) | clear)


def headers(**changes: str | None) -> tuple[tuple[str, bytes | None], ...]:
    """The headers of a record; one that is changed to `None` is left out."""
    named: dict[str, str | None] = {
        "ce_specversion": "1.0",
        "ce_type": "station.report-submitted.v1",
        "ce_id": str(uuid4()),
        "ce_source": f"/stations/gendarmerie/{STATION}",
        "ce_subject": str(REPORT_ID),
        "ce_time": T0.isoformat(),
        "content-type": "application/json",
    }
    named |= changes
    return tuple((name, value.encode()) for name, value in named.items() if value is not None)


def a_record(value: bytes | None, carried: Any = None, *, offset: int = 0, integrator: str = "gendarmerie") -> Record:
    """A record on an integrator's topic."""
    place = Place(f"station.reports.{integrator}", 0, offset)
    return Record(place, int(T0.timestamp() * 1000), b"key", value, headers() if carried is None else carried)


async def arrive(value: bytes | None, carried: Any = None) -> Arrival:
    """What the door makes of one record."""
    [arrival] = await a_door().read([a_record(value, carried)])
    return arrival
