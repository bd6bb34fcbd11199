"""Effacement: a case is forgotten when its time is over or the person asks for it, never under a legal hold."""

from uuid import UUID

from services.referral import clocks
from services.referral.acts.finding import coordinated_case
from services.referral.acts.once import Command, once
from services.referral.domain import facts
from services.referral.domain.case import Case, UnderHold
from services.referral.domain.dossier import Dossier
from services.referral.domain.states import CaseState
from services.referral.domain.statistics import Counted
from services.referral.referring import cancel
from services.referral.saying import say
from services.referral.store import CASES, COUNTED, DOSSIERS, MARKS, Answer, Marks, known_case, linked_cases
from shared.contracts.vocabulary import CancelReason, ErasureReason
from shared.delivery.unit import Work


def erased_with(case_id: UUID, by: UUID, work: Work) -> list[UUID]:
    """The case and its duplicates, which tell of the same person. Raises `NoSuchCase`, `UnderHold`."""
    case = coordinated_case(case_id, by, work)
    merged = [each for each in linked_cases(case, work) if each.merge and each.merge.into == case.id]
    duplicates = [each for each in merged if each.is_ended]
    if any(each.hold for each in duplicates):
        raise UnderHold
    return [*(each.id for each in duplicates if each.erased_at is None), case.id]


def begin_erasure(case_id: UUID, row: tuple[UUID, Counted] | None, work: Work, *, can_tell: bool = True) -> None:
    """From now on nothing stops it, and nothing of the case runs. Raises `UnderHold`, `ForbiddenStep`.

    `row` is what is counted of the case for ever, under an id that tells nobody whose it was. Its partners are told
    that their referrals are cancelled where there still is a key to seal that under, as there is not after a restore.
    """
    case = known_case(case_id, work)
    if case.state is not CaseState.ERASED:
        case.erased()
        clocks.end_all(case, work)
        if can_tell:
            case = cancel(case, lambda _: True, CancelReason.CASE_ENDED, work)
        work.put(CASES, case_id, case.erased())
        if row and case.state is not CaseState.CANCELLED:
            work.put(COUNTED, *row)


def end_erasure(case_id: UUID, reason: ErasureReason, work: Work) -> None:
    """Forget what the keys had sealed, which are destroyed now, and say so once."""
    case = work.get(CASES, case_id)
    if case is None or case.erased_at is not None:
        return
    work.put(CASES, case_id, case.forgotten(work.cause.at))
    _forget(case_id, work)
    say(facts.erased(reason), case, work)


def erase_again(case_id: UUID, work: Work) -> None:
    """What a restored backup has brought back goes again; the log has its line."""
    case = work.get(CASES, case_id)
    if case is None:
        return
    work.put(CASES, case_id, case.erased_again(work.cause.at))
    _forget(case_id, work)


def _forget(case_id: UUID, work: Work) -> None:
    work.put(DOSSIERS, case_id, Dossier())
    if work.get(MARKS, case_id):
        work.put(MARKS, case_id, Marks(marks=()))


def set_hold(command: Command, hold: bool, work: Work) -> Answer:
    """Begin or end a legal hold. Raises `NoSuchCase`."""

    def step(case: Case, work: Work) -> Case:
        held = case.held_back(hold)
        if held.hold is not case.hold:
            say(facts.hold_changed(held), held, work)
        return held

    return once(command, coordinated_case, step, work)
