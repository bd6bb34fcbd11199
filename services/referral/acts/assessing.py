"""An ISCG assesses what a person needs: it is kept sealed, and kinds of partners are proposed for it."""

from collections.abc import Sequence
from uuid import UUID

from services.referral.acts.consulting import check_opened
from services.referral.acts.finding import held_case
from services.referral.acts.once import Command, once
from services.referral.acts.recording import keep
from services.referral.domain import facts
from services.referral.domain.assessment import Proposal, proposals
from services.referral.domain.case import Case
from services.referral.files import Known
from services.referral.referring import directory_of
from services.referral.saying import say
from services.referral.store import Answer
from shared.contracts.days import day_there
from shared.contracts.vocabulary import Need
from shared.delivery.unit import Work


def assess(command: Command, needs: Sequence[Need], sealed: str, known: Known, work: Work) -> Answer:
    """Keep what was found. `sealed` is the finding as it is kept.

    Raises `NoSuchCase`, `ForbiddenStep`, `StaleVersion`.
    """

    def step(case: Case, work: Work) -> Case:
        keep(case, known, work, assessment=sealed)
        say(facts.assessed(work.cause.id, needs), case, work)
        return case

    return once(command, held_case, step, work)


def proposing_case(case_id: UUID, by: UUID, opening_id: UUID, work: Work) -> Case:
    """The case, for whoever holds or covers it and has its file open. Raises `NoSuchCase`, `NoOpening`."""
    case = held_case(case_id, by, work)
    check_opened(opening_id, case_id, by, work)
    return case


def propose(case_id: UUID, by: UUID, opening_id: UUID, known: Known, work: Work) -> tuple[Proposal, ...]:
    """Who could help now, by what her ISCG has found, else by what the station said; nobody who was asked before.

    Proposals tell what the person needs: they are shown under an opening of her file. Raises `NoSuchCase`, `NoOpening`.
    """
    case = proposing_case(case_id, by, opening_id, work)
    if known.file is None:
        return ()
    concerned = (each.needs for each in known.file.persons if each.concerned)
    needs = known.needs if known.needs is not None else next(concerned, ())
    directory = directory_of(case.departement, work)
    asked, today = [each.partner_id for each in case.referrals], day_there(work.cause.at, case.zone)
    return proposals(known.file, needs, directory, asked, today)
