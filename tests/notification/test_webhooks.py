"""Messages to partners' software: signed, to public addresses only, and whatever the receiver does."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.notification.domain.address import is_webhook_address
from services.notification.domain.circuit import FAILURES
from services.notification.domain.notice import Handover
from services.notification.outward import Outward, is_public
from services.notification.webhooks import Call, Webhooks, secret_of
from tests.notification.receiver import Receiver

OURS, OLDER, REF = "w" * 40, "v" * 40, "partner-h7q2"
BODY = '{"type":"referral.sent"}'


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A partner's software that knows its secret."""
    async with Receiver(secret_of(OURS, REF)).open() as opened:
        yield opened


def a_call(to: str, n: int = 1) -> Call:
    return Call(UUID(int=n), REF, to, BODY)


async def sent(call: Call, *secrets: str, anywhere: bool = True, seconds: float = 2.0) -> Handover:
    webhooks = Webhooks(secrets or (OURS,), Outward(seconds, anywhere=anywhere))
    try:
        return await webhooks.send(call)
    finally:
        await webhooks.close()


async def test_a_message_is_signed_so_that_the_fields_own_library_verifies_it(receiver: Receiver) -> None:
    assert await sent(a_call(receiver.address)) is Handover.TAKEN
    assert receiver.got == [(str(UUID(int=1)), {"type": "referral.sent"})]


async def test_while_a_secret_is_changed_the_old_one_and_the_new_one_verify(receiver: Receiver) -> None:
    assert await sent(a_call(receiver.address), OLDER, OURS) is Handover.TAKEN
    assert await sent(a_call(receiver.address), OURS, OLDER) is Handover.TAKEN


def test_the_secret_of_one_partner_verifies_nothing_that_another_gets() -> None:
    assert secret_of(OURS, REF) == secret_of(OURS, REF)
    assert len({secret_of(OURS, REF), secret_of(OURS, "partner-m4xd"), secret_of(OLDER, REF)}) == 3


async def test_who_has_another_secret_refuses_and_is_called_again(receiver: Receiver) -> None:
    receiver.secret = secret_of(OURS, "partner-m4xd")
    assert await sent(a_call(receiver.address)) is Handover.PUT_OFF
    assert not receiver.got


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (200, Handover.TAKEN),
        (299, Handover.TAKEN),
        (400, Handover.PUT_OFF),
        (404, Handover.PUT_OFF),
        (410, Handover.REFUSED),
        (429, Handover.PUT_OFF),
        (500, Handover.PUT_OFF),
        ("elsewhere", Handover.PUT_OFF),
        ("slow", Handover.UNKNOWN),
        ("huge", Handover.TAKEN),
    ],
)
async def test_what_the_receiver_answers_decides_what_is_done_next(
    receiver: Receiver, answer: int | str, ended: Handover
) -> None:
    receiver.answers = [answer]
    assert await sent(a_call(receiver.address), seconds=1.0) is ended
    assert receiver.elsewhere == 0


async def test_a_receiver_that_fails_again_and_again_is_left_in_peace_and_no_other(receiver: Receiver) -> None:
    receiver.answers = [500] * (FAILURES + 2)
    webhooks = Webhooks((OURS,), Outward(2.0, anywhere=True))
    async with Receiver(secret_of(OURS, REF)).open() as other:
        ended = [await webhooks.send(a_call(receiver.address, n)) for n in range(FAILURES + 2)]
        assert await webhooks.send(a_call(other.address)) is Handover.TAKEN
    assert ended == [Handover.PUT_OFF] * (FAILURES + 2)
    assert len(receiver.got) == FAILURES
    assert webhooks.room(64) == 64
    await webhooks.close()


async def test_who_answers_nonsense_may_have_got_it_and_who_is_not_there_has_not() -> None:
    async def speak_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"EHLO you\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak_nonsense, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await sent(a_call(f"http://127.0.0.1:{port}/")) is Handover.UNKNOWN
    assert await sent(a_call(f"https://127.0.0.1:{port}/")) is Handover.PUT_OFF
    server.close()
    await server.wait_closed()
    assert await sent(a_call(f"http://127.0.0.1:{port}/")) is Handover.PUT_OFF


async def test_nothing_is_sent_in_clear_nor_to_this_machine_but_in_trials(receiver: Receiver) -> None:
    for to in (receiver.address, receiver.address.replace("http:", "https:"), f"https://localhost:{receiver.port}/x"):
        assert await sent(a_call(to), anywhere=False) is Handover.REFUSED
    assert await sent(a_call("https://[::ffff:127.0.0.1]:1/"), anywhere=False) is Handover.REFUSED
    assert not receiver.got


async def test_a_house_without_a_secret_calls_nobody(receiver: Receiver) -> None:
    webhooks = Webhooks((), Outward(1.0, anywhere=True))
    assert await webhooks.send(a_call(receiver.address)) is Handover.REFUSED
    assert not receiver.got


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.1.2.3",
    "224.0.0.1",
]
PRIVATE_6 = ["::", "::1", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2001:db8::1"]


@pytest.mark.parametrize("address", PRIVATE + PRIVATE_6)
def test_an_address_that_is_none_of_the_public_internet_is_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9"])
def test_an_address_of_the_public_internet_is_told(address: str) -> None:
    assert is_public(address)


NO_ADDRESSES = (
    *("ftp://a.example/", "https://", "https:///x", "//a.example", "https://u:p@a.example/", "https://a.example/#x"),
    *("https://a.example:0/", "https://a.example:99999/", "https://a.exa mple/", "https://é.example/", "mailto:a@b"),
    "https://a.example/\r\nX: y",
)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_plain_address_of_the_web_is_none(text: str) -> None:
    assert not is_webhook_address(text)
