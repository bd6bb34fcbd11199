"""What an ISCG has written to the person, or has stopped."""

from services.referral.acts.finding import held_case
from services.referral.acts.once import Command, once
from services.referral.acts.recording import check_held, check_unchanged
from services.referral.domain import facts
from services.referral.domain.case import Case
from services.referral.domain.consent import ConsentMissing, has_agreed_to_contact
from services.referral.domain.dossier import Dossier
from services.referral.domain.writing import LATEST, NotSoLate, PersonMessage, WritingStopped, person_to_tell
from services.referral.files import Known
from services.referral.saying import say
from services.referral.store import DOSSIERS, Answer
from services.referral.telling import holders_to_tell
from shared.contracts.days import day_there
from shared.contracts.report import Contact
from shared.delivery.unit import Work


def write_to_person(command: Command, message: PersonMessage, known: Known, contact: Contact, work: Work) -> Answer:
    """Ask that the person be written to. Whoever holds the case is told where that can't be done safely.

    Raises `ForbiddenStep`, `StaleVersion`, `ConsentMissing`, `NoWayToWrite`, `WritingStopped`, `NotSoLate`.
    """

    def step(case: Case, work: Work) -> Case:
        check_held(case)
        check_unchanged(case.id, known, work)
        if case.silence:
            raise WritingStopped
        if known.file is None or not has_agreed_to_contact(known.file, day_there(work.cause.at, case.zone)):
            raise ConsentMissing
        not_before = max(message.not_before or work.cause.at, work.cause.at)
        if not_before > work.cause.at + LATEST:
            raise NotSoLate
        told = (person_to_tell(known.file, contact), *holders_to_tell(case, work))
        revision = (work.get(DOSSIERS, case.id) or Dossier()).revision
        asked = facts.person_notice_requested(
            work.cause.id, message, told, not_before=not_before, version=revision, test=case.test
        )
        say(asked, case, work)
        return case

    return once(command, held_case, step, work)


def stop_writing(command: Command, work: Work) -> Answer:
    """Have nothing more written to the person. The case shows when nothing more can leave."""

    def step(case: Case, work: Work) -> Case:
        silenced = case.silenced(work.cause.id, work.cause.at)
        if silenced is not case:
            say(facts.contact_stop_requested(work.cause.id), case, work)
        return silenced

    return once(command, held_case, step, work)
