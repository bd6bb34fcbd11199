"""Several ways to tell: the next one where one fails, the next person where all do, no channel behind another."""

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4, uuid5

import httpx

from services.notification.domain.notice import notice_id
from shared.contracts.blocks import Channel, SafeHours
from shared.contracts.events import (
    ContactStopped,
    ContactStopRequested,
    NotificationBounced,
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
)
from shared.contracts.vocabulary import NoticeChannel, NoticeFailure, RecipientRole
from tests.notification.builders import a_person, a_recipient, a_request, an_assignment
from tests.notification.provider import Provider
from tests.notification.running import World, a_free_port
from tests.notification.sink import PATIENCE

REPORTING = {"RELAIS_REPORT_SECRETS": "r" * 32, "RELAIS_REPORT_BASE": "https://relais.example"}
TODAY = SafeHours(zone="Europe/Paris")


async def until(condition: Callable[[], bool]) -> None:
    """Until something is so that the test's own servers know."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 # there are many events that may make it so
            await asyncio.sleep(0.05)


def somebody() -> tuple[str, str, str]:
    """A ref, an address and a number that nobody else has."""
    ref = f"iscg-{uuid4().hex[:8]}"
    return ref, f"{ref}@relais.example", f"+336{UUID(int=uuid4().int).int % 10**8:08}"


async def test_where_her_mail_is_refused_an_iscg_is_told_by_sms(world: World) -> None:
    case_id, (ref, address, number) = uuid4(), somebody()
    world.sink.refused[address] = "550 no such user"
    async with Provider().open() as provider, world.running(**provider.settings):
        with world.sink.open():
            await world.publish(an_assignment(a_recipient(ref, phone=number)), case_id)
            [text] = await provider.wait_for(number)
            [sent] = await world.hear(case_id)
    assert isinstance(sent, NotificationSent)
    assert sent.channel is NoticeChannel.SMS
    assert text.startswith("Relais : une saisine vous est attribuée")
    assert text.endswith(f"https://relais.example/v1/cases/{case_id}")


async def test_where_she_can_not_be_told_at_all_her_coordinator_is(world: World) -> None:
    case_id, (ref, address, _), (coordinator, told, _) = uuid4(), somebody(), somebody()
    world.sink.refused[address] = "550 no such user"
    owner = a_recipient(coordinator, RecipientRole.COORDINATOR)
    async with world.running():
        with world.sink.open():
            await world.publish(an_assignment(a_recipient(ref), owner), case_id)
            [mail] = await world.sink.wait_for(told)
            failed, sent = await world.hear(case_id, 2)
    assert isinstance(failed, NotificationFailed) and isinstance(sent, NotificationSent)
    assert (failed.ref, sent.ref, sent.template) == (ref, coordinator, "iscg-untold")
    assert "impossible de prévenir" in str(mail["Subject"])


async def test_where_she_is_told_nobody_else_is(world: World) -> None:
    case_id, (ref, address, _), (coordinator, other, _) = uuid4(), somebody(), somebody()
    async with world.running():
        with world.sink.open():
            owner = a_recipient(coordinator, RecipientRole.COORDINATOR)
            await world.publish(an_assignment(a_recipient(ref), owner), case_id)
            await world.sink.wait_for(address)
            await world.notice(case_id, "sent")
            await world.notice(case_id, "standby")
    assert not world.sink.mails(other)


async def test_a_gateway_that_hangs_delays_no_mail(world: World) -> None:
    (ref, address, _), numbers = somebody(), [somebody() for _ in range(80)]
    async with Provider().open() as provider:
        provider.free.clear()
        async with world.running(**provider.settings):
            with world.sink.open():
                for person, _, number in numbers:
                    by_sms = (Channel(channel=NoticeChannel.SMS, value=number),)
                    await world.publish(an_assignment(a_recipient(person, channels=by_sms)), uuid5(UUID(int=1), person))
                await until(lambda: len(provider.asked) >= 16)
                await world.publish(an_assignment(a_recipient(ref)), uuid4())
                await world.sink.wait_for(address)
                assert not provider.free.is_set()
                provider.free.set()
                for _, _, number in numbers:
                    await provider.wait_for(number)
                await until(lambda: not provider.held)


async def test_the_person_gets_neutral_words_from_a_neutral_sender_once(world: World) -> None:
    case_id, (_, _, number), (holder, _, _) = uuid4(), somebody(), somebody()
    async with Provider().open() as provider, world.running(**provider.settings):
        event = a_request(a_person(value=number), a_recipient(holder))
        await world.publish(event, case_id)
        [sent] = await world.hear(case_id)
        row = await world.notice(case_id, "sent")
    assert (sent.ref, sent.template) == ("person", "person-call-back")
    [body] = [each for _, each in provider.asked if each["to"] == number]
    assert (body["from"], body["text"]) == ("Info", "Bonjour, vous pouvez rappeler quand cela vous convient.")
    assert number not in str(row)
    assert "sealed" not in row


async def test_of_a_message_to_the_person_that_may_have_gone_her_iscg_is_told(world: World) -> None:
    case_id, (_, _, number), (holder, address, _) = uuid4(), somebody(), somebody()
    async with Provider(answers=["cut"]).open() as provider, world.running(**provider.settings):
        with world.sink.open():
            await world.publish(a_request(a_person(value=number), a_recipient(holder)), case_id)
            [mail] = await world.sink.wait_for(address)
            failed, _ = await world.hear(case_id, 2)
    assert isinstance(failed, NotificationFailed)
    assert failed.reason is NoticeFailure.UNKNOWN
    assert len(provider.texts(number)) == 1
    assert "n'est pas parti" in str(mail["Subject"])


async def test_a_stop_is_answered_only_once_nothing_more_can_leave(world: World) -> None:
    case_id, (_, _, number), (holder, _, _) = uuid4(), somebody(), somebody()
    async with Provider().open() as provider, world.running(**provider.settings):
        provider.free.clear()
        await world.publish(a_request(a_person(value=number), a_recipient(holder)), case_id)
        await provider.wait_for(number)
        await world.publish(ContactStopRequested(stop_id=UUID(int=9)), case_id)
        while not await world.database["stops"].find_one({"case_id": str(case_id)}):  # noqa: ASYNC110 # a database tells nobody
            await asyncio.sleep(0.05)
        provider.free.set()
        sent, stopped = await world.hear(case_id, 2)
    assert isinstance(sent, NotificationSent)
    assert stopped == ContactStopped(stop_id=UUID(int=9))


async def test_a_provider_reports_what_became_of_its_own_message(world: World) -> None:
    case_id, (ref, _, number), port = uuid4(), somebody(), a_free_port()
    by_sms = (Channel(channel=NoticeChannel.SMS, value=number),)
    async with Provider().open() as provider:
        settings = {**provider.settings, **REPORTING, "RELAIS_HTTP_PORT": str(port)}
        process = await world.start(**settings)
        envelope = await world.publish(an_assignment(a_recipient(ref, channels=by_sms)), case_id)
        await world.hear(case_id)
        [(_, body)] = [each for each in provider.asked if each[1]["to"] == number]
        path = body["report_to"].removeprefix("https://relais.example")
        id_ = notice_id(envelope.id, ref)
        assert path.startswith(f"/v1/delivery-reports/{id_}/")
        for wrong in (f"{path}0", path.replace(str(id_), str(uuid4())), f"/v1/delivery-reports/{id_}/x"):
            assert (await reported(port, wrong, {"status": "delivered"})).status_code == 404
        for rubbish in (b"", b"no json", b"[1, 2]", b'{"status": 7}', b"\xff" * 100):
            assert (await reported(port, path, rubbish)).status_code < 500
        assert (await reported(port, path, {"status": "delivered"})).json() == {"noted": "delivered"}
        assert (await reported(port, path, {"status": "undelivered"})).status_code == 202
        said = await world.hear(case_id, 2)
        process.terminate()
        assert await process.wait() == 0
    assert [type(each) for each in said] == [NotificationSent, NotificationDelivered]


async def test_an_sms_that_comes_back_is_followed_by_a_mail(world: World) -> None:
    case_id, (ref, address, number), port = uuid4(), somebody(), a_free_port()
    ways = (Channel(channel=NoticeChannel.SMS, value=number), Channel(channel=NoticeChannel.EMAIL, value=address))
    async with Provider().open() as provider:
        process = await world.start(**provider.settings, **REPORTING, RELAIS_HTTP_PORT=str(port))
        with world.sink.open():
            await world.publish(an_assignment(a_recipient(ref, channels=ways)), case_id)
            await world.hear(case_id)
            [(_, body)] = [each for each in provider.asked if each[1]["to"] == number]
            path = body["report_to"].removeprefix("https://relais.example")
            await reported(port, path, {"status": "undelivered"})
            await world.sink.wait_for(address)
            said = await world.hear(case_id, 3)
        process.terminate()
        assert await process.wait() == 0
    assert [type(each) for each in said] == [NotificationSent, NotificationBounced, NotificationSent]
    assert [each.channel for each in said] == [NoticeChannel.SMS, NoticeChannel.SMS, NoticeChannel.EMAIL]


async def reported(port: int, path: str, report: object) -> httpx.Response:
    """What the door for reports answers."""
    headers = {"content-type": "application/json"}
    body = {"content": report} if isinstance(report, bytes) else {"json": report}
    async with httpx.AsyncClient() as client:
        return await client.post(f"http://127.0.0.1:{port}{path}", headers=headers, **body)
