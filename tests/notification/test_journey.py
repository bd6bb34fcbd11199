"""Notification as a process, with real servers all around: from an event to a mail, whatever goes wrong on the way."""

import asyncio
from uuid import UUID, uuid4, uuid5

from deploy.local.smtp import plain_text
from services.notification.domain.notice import notice_id
from services.notification.domain.reference import reference
from services.notification.webhooks import secret_of
from shared.contracts.blocks import Channel
from shared.contracts.events import NotificationFailed, NotificationSent
from shared.contracts.vocabulary import NoticeChannel, NoticeFailure, RecipientRole
from tests.notification.builders import a_cancellation, a_recipient, a_referral, an_assignment, an_escalation
from tests.notification.receiver import Receiver
from tests.notification.running import World

QUIET_SECONDS = 3.0
WEBHOOK_SECRET = "w" * 40


def somebody(role: RecipientRole = RecipientRole.ISCG) -> tuple[str, str]:
    """A ref and an address that nobody else has."""
    ref = f"iscg-{uuid4().hex[:8]}"
    return ref, f"{ref}@relais.example"


async def test_an_assignment_becomes_one_mail_with_a_reference_an_urgency_and_a_link(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    async with world.running():
        with world.sink.open():
            envelope = await world.publish(an_assignment(a_recipient(ref)), case_id)
            [mail] = await world.sink.wait_for(address)
            [sent] = await world.hear(case_id)
    assert mail["Message-ID"] == f"<{notice_id(envelope.id, ref)}@relais.example>"
    assert mail["Subject"] == f"Relais : une saisine vous est attribuée ({reference(case_id)}, urgent)"
    assert f"https://relais.example/v1/cases/{case_id}" in plain_text(mail)
    assert "urgent" in plain_text(mail)
    assert isinstance(sent, NotificationSent)
    assert (sent.ref, sent.template) == (ref, "iscg-assigned")


async def test_nothing_but_the_envelope_of_a_mail_tells_who_reads_it(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    async with world.running():
        with world.sink.open():
            await world.publish(an_assignment(a_recipient(ref)), case_id)
            [mail] = await world.sink.wait_for(address)
            row = await world.notice(case_id, "sent")
    del mail["To"]
    assert ref not in mail.as_string()
    assert address not in str(row)


async def test_an_event_that_comes_again_sends_no_second_mail(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    assigned = an_assignment(a_recipient(ref))
    async with world.running():
        with world.sink.open():
            envelope = await world.publish(assigned, case_id)
            await world.sink.wait_for(address)
            await world.publish_again(assigned, envelope)
            await world.publish(an_assignment(a_recipient(f"{ref}-next")), case_id)
            await world.sink.wait_for(f"{ref}-next@relais.example")
            await asyncio.sleep(QUIET_SECONDS)
    assert len(world.sink.mails(address)) == 1


async def test_everybody_whom_an_escalation_names_gets_a_mail(world: World) -> None:
    case_id, (on_call, first), (coordinator, second) = uuid4(), somebody(), somebody()
    told = a_recipient(on_call, RecipientRole.ON_CALL), a_recipient(coordinator, RecipientRole.COORDINATOR)
    async with world.running():
        with world.sink.open():
            await world.publish(an_escalation(*told), case_id)
            await world.sink.wait_for(first)
            await world.sink.wait_for(second)
            said = await world.hear(case_id, count=2)
    assert {each.ref for each in said} == {on_call, coordinator}


async def test_a_mail_server_that_was_away_gets_the_mail_once(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    async with world.running():
        await world.publish(an_assignment(a_recipient(ref)), case_id)
        await wait_for_attempts(world, case_id, 2)
        with world.sink.open():
            await world.sink.wait_for(address)
            await world.hear(case_id)
            await asyncio.sleep(QUIET_SECONDS)
    assert len(world.sink.mails(address)) == 1


async def test_a_mail_that_was_put_off_is_sent_again(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    world.sink.refusals.append("451 later, please")
    async with world.running():
        with world.sink.open():
            await world.publish(an_assignment(a_recipient(ref)), case_id)
            await world.sink.wait_for(address)
            row = await world.notice(case_id, "sent")
    assert row["attempts"] == 2


async def test_a_recipient_whom_the_server_refuses_is_said_not_to_be_told(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    world.sink.refused[address] = "550 no such user"
    async with world.running():
        with world.sink.open():
            await world.publish(an_assignment(a_recipient(ref)), case_id)
            [failed] = await world.hear(case_id)
    assert isinstance(failed, NotificationFailed)
    assert (failed.ref, failed.reason) == (ref, NoticeFailure.REFUSED)
    assert world.sink.mails(address) == []


async def test_a_server_that_is_never_there_is_given_up_aloud(world: World) -> None:
    case_id, (ref, _) = uuid4(), somebody()
    async with world.running(RELAIS_NOTICE_ATTEMPTS="2"):
        await world.publish(an_assignment(a_recipient(ref)), case_id)
        [failed] = await world.hear(case_id)
    assert isinstance(failed, NotificationFailed)
    assert failed.reason is NoticeFailure.GIVEN_UP


async def test_a_connection_cut_after_the_content_sends_a_copy_with_the_same_message_id(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    world.sink.refusals.append("cut")
    async with world.running():
        with world.sink.open():
            await world.publish(an_assignment(a_recipient(ref)), case_id)
            first, second = await world.sink.wait_for(address, count=2)
            await world.notice(case_id, "sent")
    assert first["Message-ID"] == second["Message-ID"]


async def test_a_mail_on_its_way_ends_before_its_process_does(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    world.sink.refusals.append("slow")
    with world.sink.open():
        async with world.running():
            await world.publish(an_assignment(a_recipient(ref)), case_id)
            await world.sink.wait_for(address)
        row = await world.database["notices"].find_one({"case_id": str(case_id)})
    assert row
    assert (row["state"], row["attempts"]) == ("sent", 1)


async def test_a_person_who_was_erased_meanwhile_is_no_reason_to_write(world: World) -> None:
    case_id, (ref, address) = uuid4(), somebody()
    async with world.running():
        await world.publish(an_assignment(a_recipient(ref)), case_id)
        await wait_for_attempts(world, case_id, 1)
        await world.vault.forget("contact", str(case_id))
        with world.sink.open():
            row = await world.notice(case_id, "cancelled")
    assert "sealed" not in row
    assert world.sink.mails(address) == []


async def test_many_mails_go_through_few_connections(world: World) -> None:
    people = [somebody() for _ in range(40)]
    before = world.sink.connections
    async with world.running():
        with world.sink.open():
            for n, (ref, _) in enumerate(people):
                await world.publish(an_assignment(a_recipient(ref)), uuid5(UUID(int=0), f"{ref} {n}"))
            for _, address in people:
                await world.sink.wait_for(address)
    assert world.sink.connections - before <= 4 < len(people)


async def wait_for_attempts(world: World, case_id: UUID, count: int) -> None:
    """Until the notice of a case was tried so often and is put off."""
    while True:
        if (await world.notice(case_id, "owed"))["attempts"] >= count:
            return
        await asyncio.sleep(0.1)


async def test_a_partners_software_is_called_until_it_takes_the_message_and_then_hears_that_it_is_over(
    world: World,
) -> None:
    case_id, (ref, _) = uuid4(), somebody()
    receiver = Receiver(secret_of(WEBHOOK_SECRET, ref), answers=[503, 204])
    settings = {"RELAIS_WEBHOOK_SECRETS": f"{'n' * 40},{WEBHOOK_SECRET}", "RELAIS_WEBHOOK_ANYWHERE": "true"}
    async with receiver.open(), world.running(**settings):
        hook = Channel(channel=NoticeChannel.WEBHOOK, value=receiver.address)
        partner = a_recipient(ref, RecipientRole.PARTNER, channels=(hook,))
        envelope = await world.publish(a_referral(partner), case_id)
        [sent] = await world.hear(case_id)
        await world.publish(a_cancellation(partner), case_id)
        await world.hear(case_id, 2)
        row = await world.notice(case_id, "sent")
    assert (sent.ref, sent.channel) == (ref, NoticeChannel.WEBHOOK)
    assert receiver.address not in str(row)
    assert [message["type"] for _, message in receiver.got] == ["referral.sent", "referral.sent", "referral.cancelled"]
    assert [id_ for id_, _ in receiver.got[:2]] == [str(notice_id(envelope.id, ref))] * 2
    assert f"/v1/cases/{case_id}/referrals/" in receiver.got[0][1]["data"]["door"]
