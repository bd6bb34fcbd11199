"""Rapprochement, réunion, séparation: which cases are of one person, and which of them is a duplicate of another."""

from uuid import UUID

from services.referral import clocks
from services.referral.acts.finding import coordinated_case, held_case
from services.referral.acts.once import Command, Find, once
from services.referral.domain import facts
from services.referral.domain.case import Case, NoSuchCase
from services.referral.domain.merging import check_mergeable, check_same_person
from services.referral.domain.states import ForbiddenStep
from services.referral.domain.terms import Terms
from services.referral.parting import part
from services.referral.placing import leave
from services.referral.referring import cancel
from services.referral.saying import say
from services.referral.standing import tell_standing
from services.referral.store import CASES, Answer, duplicates_of, known_case, post_of
from services.referral.telling import holders_to_tell
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import CancelReason
from shared.delivery.unit import Work


def merge(command: Command, into: UUID, work: Work) -> Answer:
    """Tell that a case is a duplicate of another: whoever holds that one sees to both.

    Referrals go on, but those to a partner whom the other case asks too: one is enough, and the partner is told.
    Raises `NoSuchCase`, `NotMergeable`, `OtherPerson`, `ForbiddenStep`.
    """

    def step(case: Case, work: Work) -> Case:
        survivor = coordinated_case(into, command.by, work)
        check_mergeable(case, survivor, has_duplicates=bool(duplicates_of(case, work)))
        work.put(CASES, survivor.id, survivor.linked(case.id))
        merged = case.merged(survivor, work.cause.at).linked(survivor.id)
        say(facts.merged(case, into, (*holders_to_tell(case, work), *holders_to_tell(survivor, work))), case, work)
        asked = {each.partner_id for each in survivor.referrals if each.is_open}
        merged = cancel(merged, lambda each: each.partner_id in asked, CancelReason.DUPLICATE, work)
        clocks.end_all(case, work)
        leave(case, work)
        tell_standing(case, merged, work)
        return merged

    return once(command, coordinated_case, step, work)


def unmerge(command: Command, file: CaseFile | None, work: Work, terms: Terms) -> Answer:
    """Undo a merge. Raises `NoSuchCase`, `ForbiddenStep`."""
    return once(command, coordinated_case, lambda case, work: part(case, file, work, terms), work)


def link(command: Command, other_id: UUID, find: Find, work: Work, *, linked: bool) -> Answer:
    """Tell that another case is of the same person, or is not. `find` tells whose case it must be.

    An ISCG links the case that she holds with one that she holds or has held. Whoever knows the person is then chosen
    first. Raises `NoSuchCase`, `OtherPerson`, and `ForbiddenStep` where one was merged into the other.
    """

    def step(case: Case, work: Work) -> Case:
        other = _other_case(case, other_id, command.by, find, work)
        check_same_person(case, other)
        if case.id in (other.id, other.survivor_id) or case.survivor_id == other.id:
            raise ForbiddenStep
        if linked is (other.id in case.linked_to):
            return case
        work.put(CASES, other.id, _linked(other, case.id, work, linked=linked))
        return _linked(case, other.id, work, linked=linked)

    return once(command, find, step, work)


def _other_case(case: Case, other_id: UUID, by: UUID, find: Find, work: Work) -> Case:
    try:
        return find(other_id, by, work)
    except NoSuchCase:
        other, post = known_case(other_id, work), post_of(case, work)
        iscg = post.iscg if post and find is held_case else None
        if iscg is None or other.erased_at or iscg.id not in {each.iscg_id for each in other.assignments}:
            raise
        return other


def _linked(case: Case, other_id: UUID, work: Work, *, linked: bool) -> Case:
    say(facts.link_changed(other_id, linked=linked), case, work)
    return case.linked(other_id) if linked else case.unlinked(other_id)
