"""What is written to the person: only what she agreed to, by a way to which one may write, and nothing after a stop."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.referral.acts.consenting import collect_consent
from services.referral.acts.holding import accept
from services.referral.acts.once import Command, StaleVersion
from services.referral.acts.writing import stop_writing, write_to_person
from services.referral.domain.case import NoSuchCase
from services.referral.domain.consent import ConsentMissing
from services.referral.domain.states import ForbiddenStep
from services.referral.domain.writing import LATEST, NotSoLate, NoWayToWrite, PersonMessage, WritingStopped
from services.referral.files import Known
from services.referral.handlers import on_contact_stopped, on_report_accepted
from services.referral.store import CASES, DOSSIERS
from shared.contracts.blocks import Channel
from shared.contracts.events import ContactStopped, ContactStopRequested, IscgAssigned, PersonNoticeRequested
from shared.contracts.person import Consent, SafeContact
from shared.contracts.report import CaseFile, Contact
from shared.contracts.vocabulary import (
    ConsentAnswer,
    ConsentHow,
    ContactChannel,
    NoticeChannel,
    PersonWords,
    RecipientRole,
    Weekday,
)
from shared.delivery.cause import Cause
from shared.delivery.unit import Work
from tests.referral.builders import CASE, MONDAY, TERMS, Desk, a_file, a_post, a_report, an_iscg

ISCG = an_iscg().authid
GIVEN = Consent(contact_by_iscg=ConsentAnswer.GIVEN)
MESSAGE = PersonMessage(words=PersonWords.CALL_BACK, agreed=ConsentHow.ORAL)


def a_contact(channel: ContactChannel = ContactChannel.SMS, value: str = "06 12 34 56 78", **hours: Any) -> Contact:
    return Contact(safe_contact=SafeContact(channel=channel, value=value, zone="Europe/Paris", **hours))


def a_file_with(consent: Consent | None) -> CaseFile:
    file = a_file()
    persons = tuple(each.model_copy(update={"consent": consent}) if each.concerned else each for each in file.persons)
    return file.model_copy(update={"persons": persons, "legal_ground": None})


@pytest.fixture
def desk() -> Desk:
    """A desk on which a case lies that its ISCG has taken in charge."""
    made = Desk(a_post())
    on_report_accepted(a_report(), made.work(), TERMS)
    accept(command(made), made.work(), TERMS)
    return made


def command(desk: Desk, by: UUID = ISCG) -> Command:
    return Command(CASE, by, desk.work().version(CASES, CASE), f"key-{len(desk.unit.said)}", "")


def known(desk: Desk, consent: Consent | None = GIVEN) -> Known:
    return Known(a_file_with(consent), desk.work().version(DOSSIERS, CASE))


def write(desk: Desk, message: PersonMessage = MESSAGE, consent: Consent | None = GIVEN, **contact: Any) -> None:
    write_to_person(command(desk), message, known(desk, consent), a_contact(**contact), desk.work())


def test_she_is_named_first_with_her_safe_hours_and_then_who_sees_to_it(desk: Desk) -> None:
    write(desk, days=(Weekday.MON,), from_="09:00", to="16:30", valid_until=date(2026, 12, 31))
    [asked] = desk.said(PersonNoticeRequested)
    person, holder = asked.notify
    assert (person.role, person.ref, holder.role) == (RecipientRole.PERSON, "person", RecipientRole.ISCG)
    assert person.channels == (Channel(channel=NoticeChannel.SMS, value="+33612345678"),)
    assert (person.safe.days, person.safe.from_, person.safe.to) == ((Weekday.MON,), "09:00", "16:30")
    assert person.safe.valid_until == date(2026, 12, 31)
    assert (asked.words, asked.not_before, asked.contact_version) == (PersonWords.CALL_BACK, MONDAY, 1)
    assert asked.file.how is ConsentHow.ORAL


REFUSED = Consent(contact_by_iscg=ConsentAnswer.REFUSED)
NOT_ASKED = Consent(contact_by_iscg=ConsentAnswer.NOT_ASKED)
LAPSED = GIVEN.model_copy(update={"until": date(2026, 11, 22)})


@pytest.mark.parametrize("consent", [None, REFUSED, NOT_ASKED, LAPSED])
def test_without_her_consent_nothing_is_written(desk: Desk, consent: Consent | None) -> None:
    with pytest.raises(ConsentMissing):
        write(desk, consent=consent)
    assert not desk.said(PersonNoticeRequested)


@pytest.mark.parametrize("channel", sorted(set(ContactChannel) - {ContactChannel.SMS, ContactChannel.EMAIL}))
def test_who_is_to_be_called_or_met_is_not_written_to(desk: Desk, channel: ContactChannel) -> None:
    with pytest.raises(NoWayToWrite):
        write(desk, channel=channel)


@pytest.mark.parametrize(("channel", "value"), [(ContactChannel.SMS, "123"), (ContactChannel.EMAIL, "nobody")])
def test_what_can_not_be_reached_is_no_way(desk: Desk, channel: ContactChannel, value: str) -> None:
    with pytest.raises(NoWayToWrite):
        write(desk, channel=channel, value=value)


def test_without_a_contact_there_is_no_way(desk: Desk) -> None:
    with pytest.raises(NoWayToWrite):
        write_to_person(command(desk), MESSAGE, known(desk), Contact(), desk.work())


def test_only_who_holds_the_case_has_her_written_to(desk: Desk) -> None:
    with pytest.raises(NoSuchCase):
        write_to_person(command(desk, UUID(int=99)), MESSAGE, known(desk), a_contact(), desk.work())


def test_before_she_has_taken_it_in_charge_nothing_is_written() -> None:
    made = Desk(a_post())
    on_report_accepted(a_report(), made.work(), TERMS)
    with pytest.raises(ForbiddenStep):
        write(made)


def test_a_contact_that_has_changed_since_it_was_read_is_not_used(desk: Desk) -> None:
    stale = known(desk)._replace(version=7)
    with pytest.raises(StaleVersion):
        write_to_person(command(desk), MESSAGE, stale, a_contact(), desk.work())


def test_a_message_waits_for_two_weeks_at_most(desk: Desk) -> None:
    with pytest.raises(NotSoLate):
        write(desk, MESSAGE.model_copy(update={"not_before": MONDAY + LATEST + timedelta(seconds=1)}))
    write(desk, MESSAGE.model_copy(update={"not_before": MONDAY - timedelta(days=1)}))
    assert desk.said(PersonNoticeRequested)[0].not_before == MONDAY


def test_after_a_stop_nothing_is_written_and_the_case_shows_since_when_nothing_can_leave(desk: Desk) -> None:
    stop_writing(command(desk), desk.work())
    [asked] = desk.said(ContactStopRequested)
    with pytest.raises(WritingStopped):
        write(desk)
    silence = desk.case().silence
    assert silence and silence.stopped_at is None
    told = Work(desk.unit, Cause(UUID(int=5), MONDAY + timedelta(minutes=1), str(CASE)))
    on_contact_stopped(ContactStopped(stop_id=UUID(int=6)), told)
    assert desk.case().silence == silence
    on_contact_stopped(ContactStopped(stop_id=asked.stop_id), told)
    silence = desk.case().silence
    assert silence and silence.stopped_at == MONDAY + timedelta(minutes=1)


def test_a_stop_is_asked_for_once(desk: Desk) -> None:
    stop_writing(command(desk), desk.work())
    stop_writing(command(desk), desk.work())
    assert len(desk.said(ContactStopRequested)) == 1


def test_a_new_consent_lifts_a_stop(desk: Desk) -> None:
    stop_writing(command(desk), desk.work())
    collect_consent(command(desk), GIVEN, "c2VhbGVk", known(desk), desk.work())
    assert desk.case().silence is None
    write(desk)


def test_an_assignment_names_who_sees_to_it_where_its_iscg_can_not_be_told(desk: Desk) -> None:
    [assigned] = desk.said(IscgAssigned)
    assert [each.role for each in assigned.notify] == [
        RecipientRole.ISCG,
        RecipientRole.ON_CALL,
        RecipientRole.COORDINATOR,
    ]
