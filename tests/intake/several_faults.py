"""Reports with several faults at once, at every door, in every form."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson

from services.intake.domain.registry import Integrator
from services.intake.door import Identifying
from services.intake.http.cloudevents import BATCH
from services.intake.http.doors import report_doors
from services.intake.store import INTEGRATORS, SIGNING_IN, STATIONS
from shared.contracts.cloudevent import STRUCTURED
from shared.contracts.events import ReceiptIssued
from shared.contracts.ids import authid
from shared.delivery.cause import Cause
from shared.delivery.clock import SystemClock
from shared.delivery.unit import Said, Work
from shared.vault.jwe import seal_for_intake
from shared.vault.ring import Ring
from shared.watch.traces import start_tracing
from tests.contracts.builders import Change, Json, a_clear_part, a_content, setting
from tests.intake.builders import STATION, a_door, a_reception, a_record, a_ring, a_withdrawal, headers
from tests.intake.counter import attributes
from tests.intake.desk import Desk, events
from tests.web.builders import ISSUER, SECRET, FakeIssuer, a_client, a_front, a_token

SUBMITTED, WITHDRAWN = "station.report-submitted.v1", "station.report-withdrawn.v1"
NOBODYS, OTHERS, RELATED = "GN-99-9999", "PN-31-0001", UUID("5d1b5b9e-7e0e-4f0b-9d7b-0a8d0c1f2e3d")
NO_RECEIPT = "no receipt"


@dataclass
class Attempt:
    """A report on its way in, and what has come before it."""

    report_id: UUID = field(default_factory=uuid4)
    clear: Json = field(default_factory=dict)
    content: list[Change] = field(default_factory=list)
    attributes: Json = field(default_factory=dict)
    ring: Ring = field(default_factory=a_ring)
    rewritten: list[Callable[[bytes], bytes]] = field(default_factory=list)
    before: list[tuple[str, bytes]] = field(default_factory=list)
    closed: bool = False

    def data(self) -> Json:
        """The report, sealed."""
        return a_sealed(self.report_id, *self.content, ring=self.ring, **self.clear)

    def body(self, form: str) -> bytes:
        """What travels, in this form."""
        event = attributes(subject=str(self.report_id), **self.attributes) | {"data": self.data()}
        body = orjson.dumps(self.data() if form == "binary" else event)
        for rewrite in self.rewritten:
            body = rewrite(body)
        return b"[" + body + b"]" if form == "batch" else body


def a_sealed(report_id: UUID, *changes: Change, ring: Ring | None = None, **clear: Any) -> Json:
    """A report whose content is sealed."""
    sealed = seal_for_intake((ring or a_ring()).public(), orjson.dumps(a_content(*changes)))
    return a_clear_part(report_id=str(report_id), station=STATION, sealed=sealed) | clear


def too_large(attempt: Attempt) -> None:
    attempt.rewritten.append(lambda body: body[:1] + b" " * 262_144 + body[1:])


def malformed(attempt: Attempt) -> None:
    attempt.rewritten.append(lambda body: body.replace(b'"', b"'", 1))


def repeated_member(attempt: Attempt) -> None:
    attempt.rewritten.append(lambda body: b'{"test":true,"test":true,' + body.lstrip(b"{ "))


def unknown_type(attempt: Attempt) -> None:
    attempt.attributes["type"] = "station.report-forgotten.v1"


def sealed_for_others(attempt: Attempt) -> None:
    attempt.ring = a_ring("others")


def invalid(attempt: Attempt) -> None:
    attempt.clear["urgency"] = "canari"


def used_up(attempt: Attempt) -> None:
    _first(attempt)
    withdrawal = a_withdrawal(report_id=str(attempt.report_id), revision=9)
    attempt.before.append((WITHDRAWN, withdrawal))


def stale(attempt: Attempt) -> None:
    _first(attempt)
    newer = a_sealed(attempt.report_id, setting("pvrj", "act", "kind"), revision=3)
    attempt.before.insert(1, (SUBMITTED, orjson.dumps(newer)))
    attempt.clear["revision"] = 2


def of_a_closed_station(attempt: Attempt) -> None:
    attempt.closed = True


def of_others_station(attempt: Attempt) -> None:
    attempt.clear["station"] = OTHERS


def contact_of_other_role(attempt: Attempt) -> None:
    attempt.before.append((SUBMITTED, orjson.dumps(a_sealed(RELATED))))
    attempt.content += [setting([str(RELATED)], "related_to"), setting("suspect", "persons", 0, "role")]


def _first(attempt: Attempt) -> None:
    if not any(orjson.loads(body)["report_id"] == str(attempt.report_id) for _, body in attempt.before):
        first = a_sealed(attempt.report_id, setting("intervention", "act", "kind"))
        attempt.before.insert(0, (SUBMITTED, orjson.dumps(first)))


IN_ORDER: Mapping[str, Callable[[Attempt], None]] = {
    "too-large": too_large,
    "malformed-json": malformed,
    "repeated-member": repeated_member,
    "unknown-type": unknown_type,
    "sealed-unreadable": sealed_for_others,
    "invalid": invalid,
    "report-id-reused": used_up,
    "stale-revision": stale,
    "unknown-station": of_a_closed_station,
    "station-not-allowed": of_others_station,
    "contact-of-other-role": contact_of_other_role,
}
"""Every fault that decides by itself what is answered, the first to decide first."""


def an_attempt(faults: Iterable[str]) -> Attempt:
    """A report with these faults; what is done to its bytes is done last to first."""
    attempt = Attempt()
    for name in sorted(faults, key=list(IN_ORDER).index, reverse=True):
        IN_ORDER[name](attempt)
    return attempt


async def at_kafka(attempt: Attempt, form: str) -> str:
    """What is answered to a record: why it is rejected, or that there is no receipt."""
    for receipt in events(await said_at_kafka(attempt, form), ReceiptIssued):
        return _said(str(receipt.reason or receipt.outcome), [fault.code for fault in receipt.faults])
    return NO_RECEIPT


async def said_at_kafka(attempt: Attempt, form: str = "binary") -> list[Said]:
    """What is said because of a record; nothing of one that is set aside."""
    desk = await _a_desk(attempt)
    carried = {f"ce_{name}": value for name, value in attempt.attributes.items()}
    carried |= {"ce_subject": str(attempt.report_id)}
    if form != "binary":
        carried = {"content-type": STRUCTURED}
    record = a_record(attempt.body(form), headers(**carried), offset=99)
    [arrival] = await a_door().read([record])
    return [] if arrival.refused else desk.take(arrival)


async def at_https(attempt: Attempt, form: str) -> str:
    """What is answered to a request: the problem's code, and whether there is a receipt."""
    desk = await _a_desk(attempt)
    identifying = Identifying(b"c" * 32, b"f" * 32, b"p" * 32, lambda _code: UUID(int=1))
    routers = report_doors(InMemory(desk), a_ring(), identifying, a_reception())  # type: ignore[arg-type] # enough
    issuer = FakeIssuer()
    async with a_client(a_front(issuer, *routers, service="intake")) as client:
        sent = {"authorization": f"Bearer {a_token(issuer, sub='gendarmerie', roles=['integrator'])}"}
        sent |= _named(attempt, form)
        answer = await client.post("/v1/reports", content=attempt.body(form), headers=sent)
    return _problem(answer)


class InMemory:
    """A delivery that decides at once, and keeps what it decided in memory."""

    def __init__(self, desk: Desk) -> None:
        self.service, self.database, self._desk = "intake", {"reports": None, "listings": None}, desk
        self.clock, self.tracing = SystemClock(), start_tracing("intake", "one")

    async def perform(self, cause: Cause, act: Callable[[Work], Any], _needs: object = (), _seals: object = ()) -> Any:
        return act(self._desk.work(cause))


async def _a_desk(attempt: Attempt) -> Desk:
    desk = Desk()
    speaker = desk.unit.tracked((INTEGRATORS, "gendarmerie")).state
    assert isinstance(speaker, Integrator)
    desk.unit.tracked((SIGNING_IN, str(authid(SECRET, ISSUER, "gendarmerie")))).state = speaker
    for offset, (type_, body) in enumerate(attempt.before):
        [arrival] = await a_door().read([a_record(body, headers(ce_type=type_), offset=offset)])
        desk.take(arrival)
    if attempt.closed:
        station = desk.unit.tracked((STATIONS, attempt.clear.get("station", STATION)))
        station.state = station.state.ended()
    return desk


def _named(attempt: Attempt, form: str) -> dict[str, str]:
    if form == "binary":
        named = attributes(subject=str(attempt.report_id), **attempt.attributes)
        return {"content-type": "application/json"} | {f"ce-{name}": str(value) for name, value in named.items()}
    return {"content-type": BATCH if form == "batch" else STRUCTURED}


def _problem(answer: httpx.Response) -> str:
    found = answer.json()
    members = found[0].get("problem", found[0].get("answer")) if isinstance(found, list) else found
    if "type" not in members:
        return str(members.get("outcome", answer.status_code))
    code = str(members["type"]).rpartition("/")[2]
    return _said(code, [each["code"] for each in members.get("faults", ())])


def _said(code: str, faults: Iterable[str]) -> str:
    return " ".join([code, *sorted(faults)])
