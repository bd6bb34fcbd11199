"""Everything out of the ordinary at the stations' door, from each integrator once: repeats, corrections, faults."""

import json
from collections.abc import Iterator
from datetime import timedelta

from joserfc.jwk import ECKey

from deploy.samples.desk import Desk, Json, Sample
from deploy.samples.people import a_consent, a_content

STATIONS = {"police": "PN-31-0001", "gendarmerie": "GN-09-0101"}
MEBIBYTE, MANY = 1_048_576, 10_000
DEEP = '{"a":' * MANY + "1" + "}" * MANY


def bad_samples(desk: Desk) -> Iterator[Sample]:
    """Each kind of bad input once for each integrator; what must come second stands second."""
    for n, (integrator, station) in enumerate(STATIONS.items(), start=100):
        content = a_content(n, desk.now, a_consent("given", "cidff"))
        yield from _again(desk, integrator, station, content)
        yield from _corrected(desk, integrator, station, content)
        yield from _withdrawn(desk, integrator, station, content)
        yield from _faulty(desk, integrator, station, content)
        yield from _strange(desk, integrator, station, content)
        yield from _unreadable(desk, integrator, station, content)
        yield from _sealed_badly(desk, integrator, station, content)
        yield from _too_much(desk, integrator, station, content)


def _again(desk: Desk, who: str, station: str, content: Json) -> Iterator[Sample]:
    first = f"first-{who}"
    yield desk.report(first, station, content)
    yield desk.report(f"sealed-anew-{who}", station, content, of=first)
    turned = dict(reversed(content.items()))
    yield desk.report(f"members-in-other-order-{who}", station, turned, of=first)
    yield desk.report(f"other-content-{who}", station, content | {"penal": False}, of=first)


def _corrected(desk: Desk, who: str, station: str, content: Json) -> Iterator[Sample]:
    first, late = f"to-be-corrected-{who}", f"after-its-correction-{who}"
    yield desk.report(first, station, content)
    yield desk.report(f"correction-{who}", station, content | {"penal": False}, of=first, revision=2)
    yield desk.report(f"older-than-correction-{who}", station, content, of=first)
    yield desk.report(f"correction-before-report-{who}", station, content | {"penal": False}, of=late, revision=3)
    yield desk.report(f"older-than-what-is-kept-{who}", station, content, of=late, revision=2)
    yield desk.report(late, station, content)


def _withdrawn(desk: Desk, who: str, station: str, content: Json) -> Iterator[Sample]:
    # Nobody is asked to help: whether a partner hears of what is withdrawn at once is a race that either may win.
    first, alone = f"to-be-withdrawn-{who}", content | {"partners_asked": []}
    yield desk.report(first, station, alone)
    yield desk.withdrawal(f"withdrawal-{who}", station, of=first)
    yield desk.withdrawal(f"withdrawal-again-{who}", station, of=first)
    yield desk.report(f"after-withdrawal-{who}", station, content, of=first, revision=3)


def _faulty(desk: Desk, who: str, station: str, content: Json) -> Iterator[Sample]:
    yield desk.report(f"unlisted-urgency-{who}", station, content, urgency="canari")
    yield desk.report(f"more-red-than-yes-{who}", station, content | {"danger_grid": {"yes": 1, "red": 5}})
    yield desk.report(f"unknown-member-{who}", station, content | {"canari": True})
    yield desk.report(f"deep-content-{who}", station, DEEP)
    yield desk.record(f"nothing-sealed-{who}", station, b"{}")
    yield desk.report(f"to-be-mended-{who}", station, content | {"categories": []})
    yield desk.report(f"mended-{who}", station, content, of=f"to-be-mended-{who}")
    ahead = (desk.now + timedelta(hours=1)).isoformat(timespec="seconds")
    yield desk.report(f"clock-ahead-{who}", station, content, taken_at=ahead)


def _strange(desk: Desk, who: str, station: str, content: Json) -> Iterator[Sample]:
    yield desk.report(f"unknown-station-{who}", f"{station[:2]}-31-9999", content)
    [other] = [each for name, each in STATIONS.items() if name != who]
    yield desk.report(f"station-of-others-{who}", other, content, by=who)


def _unreadable(desk: Desk, who: str, station: str, content: Json) -> Iterator[Sample]:
    good = desk.report(f"good-{who}", station, content).value
    yield desk.record(f"not-json-{who}", station, b'{"report_id": "canari"')
    yield desk.record(f"null-value-{who}", station, None)
    yield desk.record(f"no-id-{who}", station, good, headers={"ce_id": None})
    yield desk.record(f"null-header-{who}", station, good, more=[("ce_subject", None)])
    yield desk.record(f"header-not-utf8-{who}", station, good, more=[("ce_subject", b"\xff")])
    yield desk.record(f"unknown-type-{who}", station, good, headers={"ce_type": "station.report-forwarded.v1"})
    yield desk.record(f"version-two-{who}", station, good, headers={"ce_type": "station.report-submitted.v2"})
    yield desk.record(f"deep-json-{who}", station, DEEP.encode())


def _sealed_badly(desk: Desk, who: str, station: str, content: Json) -> Iterator[Sample]:
    one, other = desk.seal(content).split("."), desk.seal(content).split(".")
    changed = json.dumps(desk.clear(f"changed-{who}", station, ".".join([*one[:4], other[4]])))
    yield desk.record(f"seal-broken-{who}", station, changed.encode())
    stranger = ECKey.generate_key("P-256", {"use": "enc"}, auto_kid=True)
    lost = json.dumps(desk.clear(f"lost-{who}", station, desk.seal(content, stranger)))
    yield desk.record(f"sealed-for-an-unknown-key-{who}", station, lost.encode())


def _too_much(desk: Desk, who: str, station: str, content: Json) -> Iterator[Sample]:
    yield desk.record(f"one-mebibyte-{who}", station, b'"' + b"x" * (MEBIBYTE - 2) + b'"')
    many = [(f"x-canari-{n}", b"1") for n in range(MANY)]
    good = json.dumps(desk.clear(f"ten-thousand-headers-{who}", station, desk.seal(content))).encode()
    yield desk.record(f"ten-thousand-headers-{who}", station, good, more=many)
