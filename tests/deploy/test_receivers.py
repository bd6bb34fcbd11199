"""What stands at the other end of webhooks and of Web Push keeps what holds, and nothing else."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from deploy.local.browser import Browser, new_key, pem_of
from deploy.local.receivers import PUSH, WEBHOOK, Receivers
from deploy.local.stack import Stack
from services.notification.domain.notice import Handover
from services.notification.outward import Outward
from services.notification.push import Push, PushServices, Vapid
from services.notification.webhooks import secret_of

SECRET = secret_of("s" * 40, "partner-h7q2")
BODY = '{"type": "relais.notice"}'


@pytest.fixture(scope="module")
def receivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receivers]:
    stack = Stack(tmp_path_factory.mktemp("stack"))
    stack.receivers.trust(f"{SECRET}\n")
    stack.receivers.start()
    yield stack.receivers
    stack.receivers.stop()


def webhook(receivers: Receivers, secret: str, id_: UUID) -> int:
    at = datetime.now(UTC)
    headers = {
        "webhook-id": str(id_),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(id_), at, BODY),
    }
    return httpx.post(receivers.webhook, content=BODY, headers=headers).status_code


async def push(to: str, id_: UUID) -> Handover:
    services = PushServices(
        Vapid(pem_of(new_key()).decode(), "mailto:relais@relais.example"), Outward(5, anywhere=True)
    )
    try:
        return await services.send(Push(id_, to, json.dumps({"title": "Relais é"})))
    finally:
        await services.close()


def taken(receivers: Receivers, by: str, id_: UUID) -> Path:
    return receivers.taken(by) / f"{id_}.json"


def test_a_message_that_is_signed_becomes_a_file_however_often_it_comes(receivers: Receivers) -> None:
    id_ = uuid4()
    assert [webhook(receivers, SECRET, id_) for _ in range(2)] == [204, 204]
    assert json.loads(taken(receivers, WEBHOOK, id_).read_text("utf-8")) == {"type": "relais.notice"}


def test_a_message_of_somebody_else_is_kept_nowhere(receivers: Receivers) -> None:
    id_ = uuid4()
    assert webhook(receivers, secret_of("o" * 40, "partner-h7q2"), id_) == 401
    assert not taken(receivers, WEBHOOK, id_).exists()


async def test_a_push_is_read_by_the_browser_behind_the_service(receivers: Receivers) -> None:
    id_ = uuid4()
    assert await push(receivers.subscription, id_) is Handover.TAKEN
    assert json.loads(taken(receivers, PUSH, id_).read_text("utf-8")) == {"title": "Relais é"}


async def test_a_push_that_another_browser_was_meant_to_read_is_refused(receivers: Receivers) -> None:
    id_ = uuid4()
    assert await push(Browser().subscription(f"{receivers.address}/{PUSH}"), id_) is Handover.REFUSED
    assert not taken(receivers, PUSH, id_).exists()


@pytest.mark.parametrize("signed", ["", "vapid t=x, k=y", "Bearer x"])
def test_a_push_that_nobody_signed_is_refused(receivers: Receivers, signed: str) -> None:
    headers = {"authorization": signed, "topic": "x" * 22}
    assert httpx.post(f"{receivers.address}/{PUSH}", content=b"x", headers=headers).status_code == 403


async def test_the_browser_is_the_same_after_a_restart(receivers: Receivers) -> None:
    before = receivers.subscription
    await asyncio.to_thread(receivers.stop)
    await asyncio.to_thread(receivers.start)
    assert receivers.subscription == before
    assert await push(before, uuid4()) is Handover.TAKEN
