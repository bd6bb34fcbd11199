"""The doors to consent and referrals: an ISCG notes what the person agrees to and refers her, a partner answers."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.referral.acts.answering import answer, referred
from services.referral.acts.assessing import assess, propose, proposing_case
from services.referral.acts.consenting import collect_consent, refer_to, take_back
from services.referral.acts.linking import renew_link
from services.referral.acts.once import Command
from services.referral.disclosing import Disclosures
from services.referral.domain.assessment import Proposal
from services.referral.domain.disclosure import Told
from services.referral.domain.partners import Partner
from services.referral.domain.periods import Period
from services.referral.domain.referrals import Referral, ReferralState
from services.referral.domain.terms import Terms
from services.referral.files import read_known, seal
from services.referral.http.commanding import AboutCase
from services.referral.http.performing import Done, act, authorise, perform
from services.referral.http.refusing import domain_refusals
from services.referral.referring import directory_of, is_full
from services.referral.store import CASES, OPENINGS, Answer, around_case
from services.referral.views import PARTNERS_IN
from shared.contracts.blocks import Answered, Needs
from shared.contracts.fields import Block
from shared.contracts.forms import Departement, OpaqueCode, Several, UtcTime
from shared.contracts.person import Consent
from shared.contracts.vocabulary import LegalGround, PartnerType
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.web.doors import Who
from shared.web.preconditions import Idempotent


class Asked(Block):
    """To which partner a person is referred, and on which legal ground where she has not agreed."""

    partner_id: OpaqueCode
    ground: LegalGround | None = None


class Proposed(Block):
    """Who could help."""

    proposals: tuple[Proposal, ...]


class Listed(Block):
    """A partner as an ISCG finds it: without the ways to tell it, without an address.

    `closed`: nobody is there. `capacity`: how many open referrals it can hold; `full`: it holds as many.
    """

    id: OpaqueCode
    type: PartnerType
    departement: Departement
    closed: Several[Period] = ()
    capacity: int | None = None
    full: bool = False


class Seen(Block):
    """A referral as its partner sees it before it accepts: that somebody needs it, and until when to answer."""

    referral_id: UUID
    state: ReferralState
    answer_by: UtcTime


class Disclosure(Block):
    """What a partner may know of the person at this moment: the minimum before it accepts, who she is besides after."""

    state: ReferralState
    told: tuple[Told, ...]


def referral_doors(delivery: Delivery, disclosures: Disclosures, terms: Terms) -> APIRouter:
    """The doors to what a person agrees to, and to those who help."""
    router = APIRouter(prefix="/v1", tags=["referrals"])

    @router.get("/partners")
    async def read_partners(departement: Annotated[Departement, Query()], who: Who) -> list[Listed]:
        """List the partners of a département: first who is open today and has room, then by id."""

        def look(work: Work) -> list[Listed]:
            return [_listed(each, full=is_full(each, work)) for each in directory_of(departement, work)]

        return await perform(delivery, [(PARTNERS_IN, departement)], who.authid, look)

    @router.put("/cases/{case_id}/consent")
    async def put_consent(case_id: UUID, command: AboutCase, consent: Consent, response: Response) -> Done:
        """Note what the person agrees to now, in place of all before; what rested on it only is cancelled."""
        await authorise(delivery, command)
        known = await read_known(delivery, case_id)
        with domain_refusals():
            sealed = await seal(delivery, case_id, consent)
        return await act(
            delivery, command, lambda work: collect_consent(command, consent, sealed, known, work), response
        )

    @router.put("/cases/{case_id}/assessment")
    async def put_assessment(case_id: UUID, command: AboutCase, found: Needs, response: Response) -> Done:
        """Note what the person needs: `…/proposals` then tells who could help."""
        await authorise(delivery, command)
        known = await read_known(delivery, case_id)
        with domain_refusals():
            sealed = await seal(delivery, case_id, found)
        return await act(delivery, command, lambda work: assess(command, found.needs, sealed, known, work), response)

    @router.get("/cases/{case_id}/proposals")
    async def read_proposals(case_id: UUID, opening: Annotated[UUID, Query()], who: Who) -> Proposed:
        """Read who could help now, and why: once a partner has refused, the next one of its kind.

        `opening` is an opening of the person's file that is still good.
        """
        about = [*around_case(case_id), (OPENINGS, str(opening))]
        await perform(delivery, about, who.authid, partial(proposing_case, case_id, who.authid, opening))
        known = await read_known(delivery, case_id)

        def look(work: Work) -> tuple[Proposal, ...]:
            return propose(case_id, who.authid, opening, known, work)

        return Proposed(proposals=await perform(delivery, about, who.authid, look))

    @router.post("/cases/{case_id}/referrals", status_code=201)
    async def post_referral(case_id: UUID, command: AboutCase, asked: Asked, response: Response) -> Done:
        """Refer the person to a partner, as far as she agreed or a legal ground lets it happen without her."""
        await authorise(delivery, command)
        known = await read_known(delivery, case_id)

        def step(work: Work) -> Answer:
            return refer_to(command, asked.partner_id, asked.ground, known, work, terms=terms)

        return await act(delivery, command, step, response)

    @router.post("/cases/{case_id}/referrals/{referral_id}/cancellation")
    async def cancel_referral(referral_id: UUID, command: AboutCase, response: Response) -> Done:
        """Take a referral back; its partner is told."""
        return await act(delivery, command, lambda work: take_back(command, referral_id, work), response)

    @router.get("/cases/{case_id}/referrals/{referral_id}")
    async def read_referral(case_id: UUID, referral_id: UUID, who: Who) -> Seen:
        """Read the referral that one was sent: nothing of the person."""

        def look(work: Work) -> Referral:
            return referred(referral_id, case_id, who.authid, work)[1]

        found = await perform(delivery, [(CASES, str(case_id))], who.authid, look)
        return Seen(referral_id=found.id, state=found.state, answer_by=found.answer_by)

    @router.post("/cases/{case_id}/referrals/{referral_id}/opening")
    async def open_referral(case_id: UUID, referral_id: UUID, who: Who) -> Disclosure:
        """See what one may know of the person now. The log holds it before the answer is sent."""
        with domain_refusals():
            shown = await disclosures.show_to(who.authid, case_id, referral_id)
        return Disclosure(state=shown.referral.state, told=shown.told)

    @router.post("/cases/{case_id}/referrals/{referral_id}/link")
    async def post_link(referral_id: UUID, command: AboutCase, response: Response) -> Done:
        """Send a partner without an account another link; those before it lead nowhere any more."""
        return await act(delivery, command, lambda work: renew_link(command, referral_id, work), response)

    @router.post("/cases/{case_id}/referrals/{referral_id}/answer")
    async def post_answer(
        case_id: UUID, referral_id: UUID, who: Who, request: Idempotent, answered: Answered
    ) -> dict[str, str]:
        """Answer the referral that one was sent; its ISCG is told."""
        command = Command(case_id, who.authid, 0, request.id, request.fingerprint)
        await perform(
            delivery, around_case(case_id), who.authid, lambda work: answer(command, referral_id, answered, work)
        )
        return {"referral_id": str(referral_id), "answer": answered.answer}

    return router


def _listed(partner: Partner, *, full: bool) -> Listed:
    shown = partner.model_dump(include=set(Listed.model_fields))
    return Listed.model_validate(shown | {"full": full})
