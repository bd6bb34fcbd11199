"""One trace leads from the station's request to the notice, at every door; and every act has a trace of its own."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import httpx
import orjson
import pytest

from deploy.samples.desk import SUBMITTED
from tests.delivery.history import Said
from tests.flow.house import PATIENCE, House, members
from tests.flow.partner import partner_accepts
from tests.flow.spans import Span, read_spans, span_faults, untraced, way_up

TO_THE_NOTICE = ["decide report.accepted.v1", "decide case.iscg-assigned.v1", "send notices"]
AT_KAFKA = ["decide station.report-submitted.v1"]
AT_HTTPS = ["answer POST /v1/reports", "decide station.report-submitted.v1"]


@pytest.fixture(scope="module", autouse=True)
async def before(house: House) -> set[str]:
    """The traces that began before these tests: other tests kill services, and with them spans that are not written."""
    written = {span.trace for span in read_spans(house.traces).values()}
    return written | {trace_of(headers) for headers in await said_by(house)}


async def said_by(house: House) -> list[dict[str, str]]:
    """The headers of every event of the house."""
    return [s.headers for s in await house.history() if s.topic.startswith(("relais.", "station.receipts."))]


def trace_of(headers: dict[str, str]) -> str:
    """The trace of an event."""
    return headers.get("traceparent", "--").split("-")[1]


def a_traceparent() -> tuple[str, str]:
    """A station's own trace: its id, and the header."""
    trace = uuid4().hex
    return trace, f"00-{trace}-{trace[:16]}-01"


async def hand_in(house: House, body: bytes, form: str, **headers: str) -> httpx.Response:
    """A request to the HTTPS door."""
    address, who = f"{house.services['intake'].address}/v1/reports", await house.token("gendarmerie")
    return await house.client.post(address, content=body, headers=who | {"content-type": form} | headers)


async def an_event(house: House, name: str, traceparent: str) -> dict[str, object]:
    """A structured event, with a report that has odd names in it."""
    sample = await house.a_sample(name)
    attributes = {"specversion": "1.0", "id": str(uuid4()), "source": "/stations/gendarmerie/GN-31-0412"}
    data = orjson.loads(sample.value or b"")
    return attributes | {"type": SUBMITTED, "traceparent": traceparent, "data": data}


async def the_case(house: House, report_id: str) -> str:
    """The case of a report."""
    await house.heard("station.receipt-issued.v1", report_id)
    [case] = {s.key for s in await house.history(["relais.intake"]) if members(s).get("report_id") == report_id}
    return case


async def ways_to_notices(house: House, case: str) -> tuple[dict[str, Span], list[list[str]]]:
    """The spans of a case's trace, and every way from its root to a notice that was sent."""
    sent = await house.heard("notification.sent.v1", case, many=2)
    trace = sent[0].headers["traceparent"].split("-")[1]

    def of_trace(spans: dict[str, Span]) -> dict[str, Span]:
        return {id_: span for id_, span in spans.items() if span.trace == trace}

    spans = of_trace(await spans_when(house, lambda spans: len(_sends(of_trace(spans))) >= len(sent)))
    return spans, [way_up(each, spans) for each in _sends(spans)]


def _sends(spans: dict[str, Span]) -> list[Span]:
    return [span for span in spans.values() if span.name == "send notices"]


async def spans_when(house: House, is_enough: Callable[[dict[str, Span]], bool]) -> dict[str, Span]:
    """The spans, as soon as enough are written: a service writes them twice a second."""
    async with asyncio.timeout(PATIENCE):
        while not is_enough(spans := read_spans(house.traces)):  # noqa: ASYNC110 # a file tells nobody
            await asyncio.sleep(0.2)
    return spans


def links_of(spans: dict[str, Span], name: str) -> set[str]:
    """The foreign traces to which the spans of this name are linked."""
    return {link for span in spans.values() if span.name == name for link in span.links}


async def test_a_record_begins_a_trace_that_ends_with_its_notices(house: House) -> None:
    stations_trace, header = a_traceparent()
    desk = await house.desk()
    good = await house.a_sample("traced-kafka")
    sample = desk.record("traced-kafka", "GN-31-0412", good.value, more=[("traceparent", header.encode())])
    await house.send(sample)
    spans, ways = await ways_to_notices(house, await the_case(house, sample.key.decode()))
    assert [*AT_KAFKA, *TO_THE_NOTICE] in ways and all(way[:1] == AT_KAFKA for way in ways)
    assert links_of(spans, AT_KAFKA[0]) == {stations_trace}
    assert stations_trace not in {span.trace for span in spans.values()}


async def test_a_request_begins_a_trace_that_ends_with_its_notices(house: House) -> None:
    stations_trace, header = a_traceparent()
    sample = await house.a_sample("traced-https")
    attributes = {f"ce-{name.removeprefix('ce_')}": value.decode() for name, value in sample.headers if value}
    attributes.pop("ce-content-type", None)
    answer = await hand_in(house, sample.value or b"", "application/json", **attributes, traceparent=header)
    assert answer.status_code == 201, answer.text
    spans, ways = await ways_to_notices(house, await the_case(house, sample.key.decode()))
    assert [*AT_HTTPS, *TO_THE_NOTICE] in ways and all(way[:1] == AT_HTTPS[:1] for way in ways)
    assert links_of(spans, AT_HTTPS[0]) == {stations_trace}


async def test_each_report_of_a_batch_is_linked_to_its_own_stations_trace(house: House) -> None:
    given = [a_traceparent() for _ in range(2)]
    batch = [await an_event(house, f"traced-batch-{n}", header) for n, (_, header) in enumerate(given)]
    answer = await hand_in(house, orjson.dumps(batch), "application/cloudevents-batch+json")
    assert [each["status"] for each in answer.json()] == [201, 201], answer.text
    for each in answer.json():
        spans, ways = await ways_to_notices(house, await the_case(house, each["answer"]["report_id"]))
        assert [*AT_HTTPS, *TO_THE_NOTICE] in ways
        assert links_of(spans, AT_HTTPS[1]) == {trace for trace, _ in given}


async def test_what_an_operator_does_with_a_set_aside_record_is_in_the_trace_of_the_request(house: House) -> None:
    sample = await house.a_sample("traced-rubbish")
    topic = f"{house.namespace}.station.reports.gendarmerie"
    record = await house.producer.send_and_wait(topic, b"{", sample.key, headers=list(sample.headers))
    address, who = f"{house.services['intake'].address}/v1/set-aside", await house.token("operator-1")
    row = await house.set_aside(record)
    assert (await house.client.post(f"{address}/{row}/replay", headers=who)).status_code == 200
    why = {"because": "a test has sent it"}
    assert (await house.client.post(f"{address}/{row}/discard", headers=who, json=why)).status_code == 200
    [discarded] = await house.heard("delivery.record-discarded.v1", row)
    said = [*await house.heard("delivery.record-set-aside.v1", row, many=2), discarded]
    spans = await spans_when(house, lambda spans: not untraced([s.headers for s in said], spans))
    assert [way_up(_span_of(s, spans), spans) for s in said] == [
        ["decide record"],
        ["answer POST /v1/set-aside/{set_aside_id}/replay", "decide record"],
        ["answer POST /v1/set-aside/{set_aside_id}/discard"],
    ]


async def test_a_partners_answer_is_in_the_trace_of_its_request(house: House) -> None:
    sample = await house.a_sample("traced-partner")
    await house.send(sample)
    case = await the_case(house, sample.key.decode())
    await partner_accepts(house, case)
    said = await house.heard("case.referral-answered.v1", case)
    spans = await spans_when(house, lambda spans: not untraced([s.headers for s in said], spans))
    assert way_up(_span_of(said[0], spans), spans) == ["answer POST /partner/answer"]


def _span_of(said: Said, spans: dict[str, Span]) -> Span:
    return spans[said.headers["traceparent"].split("-")[2]]


async def test_every_event_leads_to_a_span_and_every_span_to_a_named_root(house: House, before: set[str]) -> None:
    said = [headers for headers in await said_by(house) if trace_of(headers) not in before]

    def ours(spans: dict[str, Span]) -> dict[str, Span]:
        return {id_: span for id_, span in spans.items() if span.trace not in before}

    def hold(spans: dict[str, Span]) -> bool:
        return not untraced(said, spans) and not list(span_faults(ours(spans)))

    spans = ours(await spans_when(house, hold))
    assert len(spans) > len(said) / 2 > 10
    assert b"Canari" not in house.traces.read_bytes()
