"""SMS over the operator's gateway: what its answers mean, and when it is left in peace."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import Response

from services.notification.domain.circuit import FAILURES, FIRST_REST, LONGEST_REST, Circuit
from services.notification.domain.notice import Handover
from services.notification.gateway import DIALECTS, Gateway, Text
from services.notification.outward import Outward
from services.notification.reporting import Arrival, Reports, arrival_in
from tests.notification.provider import Provider

TEXT = Text(UUID(int=5), "+33612345678", "Relais : votre code est 48151623.", "Relais")
REPORTS = Reports([b"r" * 32], "https://relais.example")


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A gateway on loopback."""
    async with Provider().open() as opened:
        yield opened


@pytest.fixture
async def gateway(provider: Provider) -> AsyncIterator[Gateway]:
    """What asks it, in the generic shape."""
    made = Gateway(provider.address, "k" * 32, DIALECTS["generic"], Outward(0.5, anywhere=True), REPORTS)
    yield made
    await made.close()


def json(text: str, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(text, status, headers=named, media_type="application/json")


async def test_a_message_is_posted_under_its_own_id_with_where_to_report(provider: Provider, gateway: Gateway) -> None:
    provider.answers = [json('{"message_id": "m-1"}', 202)]
    assert await gateway.send(TEXT) is Handover.TAKEN
    [(headers, body)] = provider.asked
    assert headers["authorization"] == f"Bearer {'k' * 32}"
    assert headers["idempotency-key"] == str(TEXT.notice_id)
    assert body == {
        "id": str(TEXT.notice_id),
        "to": "+33612345678",
        "from": "Relais",
        "text": TEXT.words,
        "report_to": REPORTS.address(TEXT.notice_id),
    }


async def test_brevo_is_asked_in_its_own_shape(provider: Provider) -> None:
    provider.answers = [json('{"messageId": 1511882900176220}', 201)]
    brevo = Gateway(provider.address, "xkeysib-1", DIALECTS["brevo"], Outward(2.0, anywhere=True), Reports([]))
    assert await brevo.send(TEXT) is Handover.TAKEN
    await brevo.close()
    [(headers, body)] = provider.asked
    assert headers["api-key"] == "xkeysib-1"
    assert (body["recipient"], body["sender"], body["content"]) == ("33612345678", "Relais", TEXT.words)
    assert (body["type"], body["tag"]) == ("transactional", str(TEXT.notice_id))


@pytest.mark.parametrize(
    ("answer", "ended", "opens"),
    [
        (json("{}", 429, retry_after="30"), Handover.PUT_OFF, True),
        (json("{}", 503), Handover.PUT_OFF, True),
        (json("{}", 400), Handover.REFUSED, False),
        (json("{}", 422), Handover.REFUSED, False),
        (json("{}", 401), Handover.PUT_OFF, False),
        (json("{}", 307, location="/elsewhere"), Handover.UNKNOWN, False),
        (json("{}", 500), Handover.UNKNOWN, False),
        (json("{}"), Handover.UNKNOWN, False),
        (json("[]"), Handover.UNKNOWN, False),
        (json("<html>It works</html>"), Handover.UNKNOWN, False),
        (Response(b"x" * 1_000_000), Handover.UNKNOWN, False),
        ("hang", Handover.UNKNOWN, False),
    ],
)
async def test_what_a_gateway_answers_decides_what_is_done_next(
    provider: Provider, gateway: Gateway, answer: Response | str, ended: Handover, opens: bool
) -> None:
    provider.answers = [answer]
    assert await gateway.send(TEXT) is ended
    assert gateway.circuit.is_open is opens
    assert len(provider.asked) == 1


async def test_without_a_gateway_nothing_is_sent(provider: Provider) -> None:
    none = Gateway(None, "", DIALECTS["generic"], Outward(1.0), REPORTS)
    assert await none.send(TEXT) is Handover.REFUSED


async def test_a_private_address_is_not_asked_but_in_trials(provider: Provider) -> None:
    strict = Gateway(provider.address, "k", DIALECTS["generic"], Outward(1.0), REPORTS)
    assert await strict.send(TEXT) is Handover.REFUSED
    assert not provider.asked


async def test_a_gateway_that_is_away_is_left_in_peace_after_some_failures() -> None:
    away = Gateway("http://127.0.0.1:9/messages", "k", DIALECTS["generic"], Outward(1.0, anywhere=True), REPORTS)
    for _ in range(FAILURES):
        assert await away.send(TEXT) is Handover.PUT_OFF
    assert away.circuit.room(64) == 0


def test_a_circuit_rests_longer_each_time_and_lets_one_try() -> None:
    now = [100.0]
    circuit = Circuit(lambda: now[0])
    for _ in range(FAILURES - 1):
        circuit.failed()
    assert circuit.room(64) == 64
    rests = []
    for _ in range(12):
        circuit.failed()
        assert circuit.room(64) == 0
        circuit.failed()
        begun = now[0]
        while circuit.room(64) == 0:
            now[0] += 1
        rests.append(now[0] - begun)
        assert circuit.room(64) == 1
    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert max(rests) == LONGEST_REST
    circuit.took()
    assert circuit.room(64) == 64


def test_of_several_that_would_try_a_provider_that_has_rested_one_may() -> None:
    now = [100.0]
    circuit = Circuit(lambda: now[0])
    assert [circuit.lets_try() for _ in range(3)] == [True] * 3
    for _ in range(FAILURES):
        circuit.answered(500, None)
    assert not circuit.lets_try()
    now[0] += FIRST_REST
    assert [circuit.lets_try() for _ in range(3)] == [True, False, False]
    circuit.failed()
    assert not circuit.lets_try()
    now[0] += 2 * FIRST_REST
    assert circuit.lets_try()
    circuit.answered(404, None)
    assert [circuit.lets_try() for _ in range(2)] == [True] * 2


def test_one_that_tries_and_is_never_heard_of_again_does_not_keep_others_away_for_ever() -> None:
    now = [100.0]
    circuit = Circuit(lambda: now[0])
    circuit.answered(503, 1.0)
    now[0] += FIRST_REST
    assert circuit.lets_try() and not circuit.lets_try()
    now[0] += LONGEST_REST
    assert circuit.lets_try()


def test_what_a_provider_asks_for_is_kept_up_to_a_limit() -> None:
    now = [0.0]
    circuit = Circuit(lambda: now[0])
    circuit.failed(wait=86_400)
    now[0] = LONGEST_REST
    assert circuit.room(64) == 1


def test_the_address_for_reports_is_good_for_one_notice_only() -> None:
    one, other = UUID(int=1), UUID(int=2)
    assert REPORTS.is_token(one, REPORTS.token(one))
    assert not REPORTS.is_token(other, REPORTS.token(one))
    assert not REPORTS.is_token(one, "é")
    assert not Reports([]).is_token(one, REPORTS.token(one))
    rotated = Reports([b"n" * 32, b"r" * 32])
    assert rotated.is_token(one, REPORTS.token(one)) and not REPORTS.is_token(one, rotated.token(one))
    assert Reports([b"r" * 32]).address(one) is None


@pytest.mark.parametrize(
    ("report", "arrival"),
    [
        ({"status": "delivered"}, Arrival.DELIVERED),
        ({"status": "undelivered"}, Arrival.RETURNED),
        ({"msg_status": "delivered", "status": "OK"}, Arrival.DELIVERED),
        ({"msg_status": "hardBounces"}, Arrival.RETURNED),
        ({"msg_status": "softBounces"}, Arrival.UNDECIDED),
        ({"status": "accepted"}, Arrival.UNDECIDED),
        ({"status": ["delivered"]}, Arrival.UNDECIDED),
        ({}, Arrival.UNDECIDED),
        ([], Arrival.UNDECIDED),
        ("delivered", Arrival.UNDECIDED),
        (None, Arrival.UNDECIDED),
    ],
)
def test_a_report_that_says_nothing_we_know_decides_nothing(report: Any, arrival: Arrival) -> None:
    assert arrival_in(report) is arrival
