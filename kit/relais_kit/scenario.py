"""The whole scenario at the HTTPS door: what a vendor's software will meet, from the first report to its withdrawal."""

import contextlib
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import uuid4

import httpx
import orjson

from relais_kit.base import Change, Json, base, put
from relais_kit.door import WITHDRAWN, Door
from relais_kit.keys import check_receipt, sealed
from relais_kit.samples import REFUSED
from relais_kit.steps import Steps, Unexpected, expect

step: Steps[Door] = Steps()
OTHER = put("/content/act/kind", "pvrj")
BATCH, STRUCTURED = "application/cloudevents-batch+json", "application/cloudevents+json"
INVALID = (put("/urgency", "canari"), put("/content/origin", "canari"))


class AtStation(Protocol):
    """Whatever speaks for a station."""

    @property
    def station(self) -> str:
        """Its code."""
        ...


def fresh(door: AtStation, *changes: Change, **members: Any) -> Json:
    """A report under an id of its own, marked as a test, taken now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    report = base(*changes, station=door.station) | {"report_id": str(uuid4()), "taken_at": now, "test": True}
    return report | members


def again(door: AtStation, report: Json, *changes: Change, **members: Any) -> Json:
    """The same report with other words."""
    same = {name: report[name] for name in ("report_id", "taken_at")}
    return fresh(door, *changes) | same | members


def withdrawal(report: Json, revision: int = 2) -> Json:
    """The withdrawal of a report."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    members = {"report_id": report["report_id"], "station": report["station"], "revision": revision}
    return members | {"withdrawn_at": now, "reason": "sent-by-mistake"}


def receipt(answer: httpx.Response, status: int, outcome: str) -> Json:
    """The receipt of an answer. Raises `Unexpected` where it is another than that."""
    expect("status", answer.status_code, status)
    members: Json = answer.json()
    expect("outcome", members.get("outcome"), outcome)
    return members


def refused(answer: httpx.Response, status: int, problem: str) -> Json:
    """The problem of an answer."""
    expect("status", answer.status_code, status)
    members: Json = answer.json()
    expect("problem", str(members.get("type")).rpartition("/")[2], problem)
    return members


@step("keys to seal and to check with are published")
def _keys(door: Door) -> None:
    expect("uses", {key.get("use") for key in door.keys["keys"]} >= {"enc", "sig"}, True)


@step("a report is accepted, and its receipt is signed over its very bytes")
def _accepted(door: Door) -> None:
    body = orjson.dumps(fresh(door))
    found = receipt(door.hand_in(body), 201, "accepted")
    check_receipt(found, door.keys)
    expect("sha256", found["sha256"], sha256(body).hexdigest())


@step("a sealed report is accepted")
def _sealed(door: Door) -> None:
    receipt(door.hand_in(sealed(fresh(door), door.keys)), 201, "accepted")


@step("a structured event is accepted")
def _structured(door: Door) -> None:
    event = orjson.dumps(door.event(fresh(door)))
    receipt(door.post(event, {"content-type": STRUCTURED}), 201, "accepted")


@step("a repeat gets the same receipt, also sealed anew")
def _repeated(door: Door) -> None:
    report = fresh(door)
    first = receipt(door.hand_in(report), 201, "accepted")
    for repeat in (report, sealed(report, door.keys), sealed(report, door.keys)):
        expect("signature", receipt(door.hand_in(repeat), 200, "accepted")["jws"], first["jws"])


@step("an answer that was lost is got by sending again")
def _lost(door: Door) -> None:
    report = fresh(door)
    with contextlib.suppress(httpx.TimeoutException):
        door.hand_in(report, patience=0.005)
    answer = door.hand_in(report)
    if answer.status_code not in (200, 201):
        raise Unexpected(f"status: {answer.status_code} instead of 200 or 201")
    receipt(door.hand_in(report), 200, "accepted")


@step("other content under a taken id is a conflict, and changes nothing")
def _conflict(door: Door) -> None:
    report = fresh(door)
    receipt(door.hand_in(report), 201, "accepted")
    refused(door.hand_in(again(door, report, OTHER)), 409, "report-id-reused")
    receipt(door.hand_in(report), 200, "accepted")


@step("a correction is taken, and what is older than it is stale")
def _corrected(door: Door) -> None:
    report = fresh(door)
    receipt(door.hand_in(report), 201, "accepted")
    receipt(door.hand_in(again(door, report, OTHER, revision=3)), 201, "corrected")
    refused(door.hand_in(again(door, report, revision=2)), 409, "stale-revision")


@step("a correction before its report is kept, and follows it")
def _kept(door: Door) -> None:
    report = fresh(door)
    receipt(door.hand_in(again(door, report, OTHER, revision=2)), 202, "kept")
    receipt(door.hand_in(report), 201, "accepted")
    standing = door.get(f"/v1/reports/{report['report_id']}").json()
    expect("revision", standing.get("revision"), 2)


@step("a withdrawal is taken, and uses the id up")
def _withdrawn(door: Door) -> None:
    report = fresh(door)
    receipt(door.hand_in(report), 201, "accepted")
    receipt(door.hand_in(withdrawal(report), type_=WITHDRAWN), 201, "withdrawn")
    refused(door.hand_in(again(door, report, revision=3)), 409, "report-id-reused")


@step("a refused contact is counted")
def _counted(door: Door) -> None:
    receipt(door.hand_in(fresh(door, *REFUSED)), 201, "counted")


@step("every fault is told at once, by place and code, and no value comes back")
def _faults(door: Door) -> None:
    answer = door.hand_in(fresh(door, *INVALID))
    faults = {(fault["pointer"], fault["code"]) for fault in refused(answer, 422, "invalid-request")["faults"]}
    expect("faults", faults, {("/urgency", "not-in-list"), ("/content/origin", "not-in-list")})
    expect("what was sent", "canari" in answer.text, False)


@step("a rejected report is mended under the same id")
def _mended(door: Door) -> None:
    report = fresh(door)
    refused(door.hand_in(again(door, report, *INVALID)), 422, "invalid-request")
    receipt(door.hand_in(report), 201, "accepted")


@step("a station that nobody knows is refused")
def _unknown_station(door: Door) -> None:
    refused(door.hand_in(fresh(door, station="XX-99-9999")), 422, "unknown-station")


@step("content that does not open is told, and nothing is stored")
def _unreadable(door: Door) -> None:
    report = sealed(fresh(door), door.keys)
    head, *rest = report["sealed"].split(".")
    report["sealed"] = ".".join([head, *rest[:-1], "A" * 22])
    refused(door.hand_in(report), 422, "sealed-unreadable")
    expect("standing", door.get(f"/v1/reports/{report['report_id']}").status_code, 404)


@step("rubbish is refused in its kind")
def _rubbish(door: Door) -> None:
    refused(door.hand_in(b'{"report_id": NaN}'), 400, "malformed-json")
    refused(door.hand_in(b'{"test": true, "test": false}'), 400, "repeated-member")
    refused(door.hand_in(b"[" * 10_000), 400, "too-deep")
    refused(door.hand_in(b'"' + b"x" * 300_000 + b'"'), 413, "too-large")
    refused(door.hand_in(fresh(door), content_type="text/plain"), 415, "unsupported-event-type")


@step("nobody hands in without signing in")
def _stranger(door: Door) -> None:
    expect("status", door.client.post("/v1/reports", content=b"{}").status_code, 401)


@step("a batch is answered one by one")
def _batch(door: Door) -> None:
    reports = [fresh(door), fresh(door, *INVALID), fresh(door, *REFUSED)]
    answer = door.post(orjson.dumps([door.event(each) for each in reports]), {"content-type": BATCH})
    expect("status", answer.status_code, 207)
    expect("statuses", [each["status"] for each in answer.json()], [201, 422, 201])


@step("a check tells what would be, and stores nothing")
def _check(door: Door) -> None:
    report = fresh(door)
    expect("outcome", door.hand_in(report, path="/v1/reports/check").json().get("outcome"), "accepted")
    expect("standing", door.get(f"/v1/reports/{report['report_id']}").status_code, 404)


@step("how a report stands is told, and it is found in the list")
def _standing(door: Door) -> None:
    report = fresh(door)
    receipt(door.hand_in(report), 201, "accepted")
    standing = door.get(f"/v1/reports/{report['report_id']}").json().get("standing")
    expect("standing", standing in ("received", "taken-in-charge"), True)
    expect("listed", report["report_id"] in _listed(door), True)


def _listed(door: Door) -> set[str]:
    found, since = set[str](), ""
    while True:
        page = door.get(f"/v1/reports?limit=100{since}").raise_for_status().json()
        found |= {each["report_id"] for each in page["reports"]}
        if not page["more"]:
            return found
        since = f"&since={page['next']}"
