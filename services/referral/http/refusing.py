"""The domain's refusals, as a door says them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import ceil

from services.referral.acts.consenting import NoSuchPartner
from services.referral.acts.coordinating import HasDeclined, HoldsRelatedCase
from services.referral.acts.once import KeyReused, StaleVersion
from services.referral.acts.posts import FillsAnother, NoSuchPost, NotAgreed, UnusablePost
from services.referral.domain.case import AlreadyAccepted, NoSuchCase, NothingToAccept, UnderHold
from services.referral.domain.consent import ConsentMissing
from services.referral.domain.emergencies import NoPost, SignInTooOld, TooManyEmergencies
from services.referral.domain.following import CripUnanswered, NoCripListed, ReasonMissing
from services.referral.domain.holders import OtherSubject, SignInNotAlone
from services.referral.domain.inspections import NoSuchInspection, OwnRequest
from services.referral.domain.merging import NotMergeable, OtherPerson
from services.referral.domain.posts import IscgIncomplete
from services.referral.domain.states import ForbiddenStep
from services.referral.domain.writing import NotSoLate, NoWayToWrite, WritingStopped
from services.referral.store import NoOpening
from shared.vault.links import NoSuchLink
from shared.web.away import refusals
from shared.web.problems import (
    BREAK_GLASS_LIMIT,
    CONFLICT,
    KEY_REUSED,
    NO_OPENING,
    NO_POST,
    NOT_FOUND,
    STALE_VERSION,
    Problem,
    sign_in_again,
)

CONFLICTS: Mapping[type[Exception], str] = {
    AlreadyAccepted: "already-accepted",
    NothingToAccept: "nothing-to-accept",
    ForbiddenStep: "forbidden-step",
    OwnRequest: "own-request",
    UnderHold: "under-hold",
    NotMergeable: "not-mergeable",
    OtherPerson: "other-person",
    HasDeclined: "has-declined",
    HoldsRelatedCase: "holds-related-case",
    UnusablePost: "no-such-post",
    FillsAnother: "fills-another",
    NotAgreed: "not-agreed",
    OtherSubject: "other-subject",
    SignInNotAlone: "sign-in-not-alone",
    IscgIncomplete: "iscg-incomplete",
    NoCripListed: "no-crip-listed",
    NoSuchPartner: "no-such-partner",
    ConsentMissing: "consent-missing",
    NoWayToWrite: "no-way-to-write",
    WritingStopped: "writing-stopped",
    NotSoLate: "not-so-late",
    NoSuchLink: "not-to-be-shown",
    CripUnanswered: "crip-unanswered",
    ReasonMissing: "crip-reason-missing",
}
"""What is refused in the state in which the case is, by the member `reason` of the problem."""


@contextmanager
def domain_refusals() -> Iterator[None]:
    """Turns what the domain refuses into problems."""
    try:
        with refusals():
            yield
    except StaleVersion as stale:
        raise Problem(STALE_VERSION, members={"state": stale.state} if stale.state else {}) from None
    except KeyReused:
        raise Problem(KEY_REUSED) from None
    except tuple(CONFLICTS) as refused:
        raise Problem(CONFLICT, members={"reason": CONFLICTS[type(refused)]}) from None
    except NoOpening:
        raise Problem(NO_OPENING) from None
    except NoPost:
        raise Problem(NO_POST) from None
    except SignInTooOld as old:
        raise sign_in_again(old.within) from None
    except TooManyEmergencies as refused:
        raise Problem(BREAK_GLASS_LIMIT, {"Retry-After": str(ceil(refused.wait.total_seconds()))}) from None
    except (NoSuchCase, NoSuchPost, NoSuchInspection):
        raise Problem(NOT_FOUND) from None
