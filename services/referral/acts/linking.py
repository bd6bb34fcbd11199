"""What a partner without an account does with its link: ask for a code, give it, see what it is told, answer."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from services.referral.acts.answering import keep_answer
from services.referral.acts.finding import held_case
from services.referral.acts.once import Command, once
from services.referral.acts.recording import check_unchanged
from services.referral.domain import facts
from services.referral.domain.access import Access
from services.referral.domain.case import Case, NoSuchCase
from services.referral.domain.consent import may_be_told
from services.referral.domain.partners import Partner
from services.referral.domain.referrals import UNANSWERED, Referral
from services.referral.domain.states import ForbiddenStep
from services.referral.files import Known
from services.referral.saying import say
from services.referral.store import ACCESSES, CASES, Answer, known_case, partner_of
from shared.contracts.blocks import Answered
from shared.contracts.days import day_there
from shared.contracts.report import CaseFile
from shared.contracts.vocabulary import OpenedPart, PartnerAnswer
from shared.delivery.unit import Work
from shared.vault.links import Link, NoSuchLink

FindReferral = Callable[[Work], tuple[Case, Referral, Partner]]


class Shown(NamedTuple):
    """What may be shown: which parts, of which file and referral, to whom."""

    case: Case
    referral: Referral
    partner: Partner
    parts: tuple[OpenedPart, ...]
    file: CaseFile


def ask_code(link: Link, work: Work) -> None:
    """Have the next code sent by another channel than the link came. Raises `NoSuchLink`, `TooOften`."""
    case, referral, partner = linked(link, work)
    if not partner.by_phone:
        raise NoSuchLink
    access = _access(referral, work).issued(work.cause.at)
    work.put(ACCESSES, referral.id, access)
    say(facts.code_issued(case, referral, partner, access), case, work)


def counter_to_try(link: Link, work: Work) -> int | None:
    """Which code would open now; none where it is too late, was used, or was guessed at too often."""
    _, referral, _ = linked(link, work)
    access = _access(referral, work)
    return access.counter if access.can_try(work.cause.at) else None


def note_try(link: Link, counter: int, work: Work, *, is_right: bool) -> bool:
    """Count a code that was given. Whether it opens: not where somebody was faster. Raises `NoSuchLink`."""
    _, referral, _ = linked(link, work)
    access = _access(referral, work)
    if access.counter != counter or not access.can_try(work.cause.at):
        return False
    work.put(ACCESSES, referral.id, access.used() if is_right else access.failed())
    return is_right


def show(find: FindReferral, known: Known, work: Work) -> Shown:
    """What its partner may see of a referral now: it is on the log before it is shown.

    Consent, state and time are looked at in this very moment. Raises `NoSuchLink`, `StaleVersion`, as `find` does.
    """
    case, referral, partner = find(work)
    check_unchanged(case.id, known, work)
    if known.file is None or not referral.is_open:
        raise NoSuchLink
    if referral.ground is None and not may_be_told(known.file, partner.type, day_there(work.cause.at, case.zone)):
        raise NoSuchLink
    opened: tuple[OpenedPart, ...] = (OpenedPart.FILE, OpenedPart.CONTACT)
    if referral.state in UNANSWERED:
        opened, referral = opened[:1], referral.answered(PartnerAnswer.SEEN)
        work.put(CASES, case.id, case.with_referral(referral))
    say(facts.referral_opened(case, referral, opened), case, work)
    return Shown(case, referral, partner, opened, known.file)


def answer_by_link(link: Link, answered: Answered, work: Work) -> Link | None:
    """Keep the one answer to which a link leads. The next link, where something is still awaited of its partner.

    Raises `NoSuchLink`, `ForbiddenStep`.
    """
    case, referral, partner = linked(link, work)
    case, referral = keep_answer(case, referral, answered, work)
    if referral.is_open:
        case, referral = _renew(case, referral, partner, work)
    work.put(CASES, case.id, case)
    return link._replace(n=referral.link) if referral.is_open else None


def renew_link(command: Command, referral_id: UUID, work: Work) -> Answer:
    """Send its partner another link: those before it lead nowhere any more. Raises `NoSuchCase`, `ForbiddenStep`."""

    def step(case: Case, work: Work) -> Case:
        referral = case.referral(referral_id)
        partner = partner_of(referral, work)
        if partner is None:
            raise ForbiddenStep
        return _renew(case, referral, partner, work)[0]

    return once(command, held_case, step, work)


def linked(link: Link, work: Work) -> tuple[Case, Referral, Partner]:
    """What a link leads to. Raises `NoSuchLink` where nothing is awaited of its partner, or another link does."""
    try:
        case = known_case(link.case_id, work)
        referral = case.referral(link.referral_id)
    except NoSuchCase:
        raise NoSuchLink from None
    partner = partner_of(referral, work)
    if partner is None or referral.link != link.n or not referral.is_open:
        raise NoSuchLink
    return case, referral, partner


def _renew(case: Case, referral: Referral, partner: Partner, work: Work) -> tuple[Case, Referral]:
    renewed = referral.relinked()
    say(facts.link_renewed(case, renewed, partner), case, work)
    return case.with_referral(renewed), renewed


def _access(referral: Referral, work: Work) -> Access:
    return work.get(ACCESSES, referral.id) or Access(id=referral.id)
