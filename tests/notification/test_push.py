"""Web Push: on an ISCG's own device, readable by it alone, and what a push service's answer means."""

import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import Response

from deploy.local.browser import Browser, new_key, pem_of
from services.notification.domain.address import is_subscription
from services.notification.domain.notice import Handover, notice_id
from services.notification.domain.reference import reference
from services.notification.outward import Outward
from services.notification.push import Push, PushServices, Vapid, read_subscription
from shared.contracts.blocks import Channel
from shared.contracts.vocabulary import NoticeChannel, Urgency
from tests.notification.builders import a_recipient, an_assignment
from tests.notification.push_service import PushService
from tests.notification.running import World

PEM = pem_of(new_key()).decode()
VAPID = Vapid(PEM, "mailto:relais@relais.example")
BODY = '{"title": "Relais", "url": "https://relais.example/v1/cases/7"}'


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    """A push service on loopback."""
    async with PushService().open() as opened:
        yield opened


async def sent(to: str, vapid: Vapid | None = VAPID, *, urgent: bool = False, anywhere: bool = True) -> Handover:
    services = PushServices(vapid, Outward(2.0, anywhere=anywhere))
    try:
        return await services.send(Push(UUID(int=5), to, BODY, urgent))
    finally:
        await services.close()


async def test_only_the_device_reads_what_it_is_told(service: PushService) -> None:
    browser = Browser()
    assert await sent(browser.subscription(f"{service.address}/push/1"), urgent=True) is Handover.TAKEN
    [(headers, body)] = service.taken
    assert json.loads(browser.read(body)) == {"title": "Relais", "url": "https://relais.example/v1/cases/7"}
    assert (headers["urgency"], len(headers["topic"])) == ("high", 22)
    assert b"relais" not in body
    with pytest.raises(ValueError, match="not encrypted for this browser"):
        Browser().read(body)


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        (201, Handover.TAKEN),
        (202, Handover.TAKEN),
        (404, Handover.REFUSED),
        (410, Handover.REFUSED),
        (413, Handover.REFUSED),
        (429, Handover.PUT_OFF),
        (500, Handover.PUT_OFF),
        (503, Handover.PUT_OFF),
    ],
)
async def test_what_a_push_service_answers_decides(service: PushService, status: int, ended: Handover) -> None:
    service.answers = [Response(status_code=status)]
    assert await sent(Browser().subscription(f"{service.address}/push/1")) is ended


async def test_without_a_key_or_to_a_private_address_nothing_is_sent(service: PushService) -> None:
    to = Browser().subscription(f"{service.address}/push/1")
    assert await sent(to, None) is Handover.REFUSED
    assert await sent(to, anywhere=False) is Handover.REFUSED
    assert not service.taken


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "{}",
        "no json",
        '{"endpoint": "https://push.example/1"}',
        '{"endpoint": "https://push.example/1", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        '{"endpoint": "https://push.example/1", "keys": {"p256dh": "' + "A" * 87 + '", "auth": "' + "A" * 22 + '"}}',
        '{"endpoint": "https://push.example/1", "keys": {"p256dh": "é", "auth": "é"}}',
    ],
)
async def test_what_is_no_subscription_is_refused(rubbish: str) -> None:
    assert read_subscription(rubbish) is None
    assert await sent(rubbish) is Handover.REFUSED


def test_a_subscription_is_told_from_other_ways() -> None:
    assert is_subscription(Browser().subscription("https://push.example/1"))
    assert not is_subscription("https://push.example/1")


@pytest.mark.parametrize("key", [generate_private_key(SECP384R1()), Ed25519PrivateKey.generate()])
def test_another_kind_of_key_can_not_sign(key: Ed25519PrivateKey) -> None:
    with pytest.raises(ValueError, match="P-256"):
        Vapid(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), "mailto:a@b.example")


async def test_an_assignment_lights_up_her_phone_and_where_that_is_gone_comes_by_mail(
    world: World, service: PushService
) -> None:
    case_id, ref, browser = uuid4(), f"iscg-{uuid4().hex[:8]}", Browser()
    device = Channel(channel=NoticeChannel.WEB_PUSH, value=browser.subscription(f"{service.address}/push/{ref}"))
    mail = Channel(channel=NoticeChannel.EMAIL, value=f"{ref}@relais.example")
    recipient = a_recipient(ref, channels=(device, mail))
    async with world.running(RELAIS_VAPID_KEY=PEM, RELAIS_PUSH_ANYWHERE="true"):
        with world.sink.open():
            envelope = await world.publish(an_assignment(recipient, urgency=Urgency.IMMEDIATE), case_id)
            [first] = await world.hear(case_id)
            service.answers = [Response(status_code=410)]
            await world.publish(an_assignment(recipient), case_id)
            await world.sink.wait_for(f"{ref}@relais.example")
            _, second = await world.hear(case_id, 2)
    assert [first.channel, second.channel] == [NoticeChannel.WEB_PUSH, NoticeChannel.EMAIL]
    headers, body = service.taken[0]
    shown = json.loads(browser.read(body))
    assert shown["title"] == f"Relais : une saisine vous est attribuée ({reference(case_id)}, immédiat)"
    assert shown["url"] == f"https://relais.example/v1/cases/{case_id}"
    assert shown["tag"] == str(notice_id(envelope.id, ref))
    assert headers["urgency"] == "high"
