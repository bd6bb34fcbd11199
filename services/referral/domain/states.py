"""États de la saisine, and what may happen to a case in each of them: the one table of its life."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contracts.vocabulary.code import Code


class CaseState(Code):
    """État de la saisine."""

    OPENED = "opened", "Ouverte"
    ASSIGNED = "assigned", "Attribuée"
    DECLINED = "declined", "Déclinée, à attribuer de nouveau"
    ESCALATED = "escalated", "Remontée au référent départemental"
    ACCEPTED = "accepted", "Prise en charge"
    IN_FOLLOW_UP = "in-follow-up", "En suivi"
    UNREACHABLE = "unreachable", "Personne injoignable"
    MERGED = "merged", "Réunie avec une autre"
    CLOSED = "closed", "Close"
    WITHDRAWN = "withdrawn", "Accord retiré"
    CANCELLED = "cancelled", "Annulée par l'unité"
    ERASED = "erased", "Effacée"


class Step(Code):
    """Ce qui arrive à une saisine."""

    ASSIGN = "assign", "Attribution"
    ACCEPT = "accept", "Prise en charge"
    DECLINE = "decline", "Refus de l'ISCG"
    ESCALATE = "escalate", "Remontée"
    TAKE_OVER = "take-over", "Reprise par une autre ISCG"
    TRY = "try", "Tentative de contact restée sans suite"
    MEET = "meet", "Contact ou entretien"
    MISS = "miss", "Recherche restée vaine"
    MERGE = "merge", "Réunion avec la saisine dont elle est le doublon"
    PART = "part", "Séparation"
    CLOSE = "close", "Clôture"
    CLOSE_WITH = "close-with", "Clôture avec la saisine dont elle est le doublon"
    WITHDRAW = "withdraw", "Retrait de l'accord"
    CANCEL = "cancel", "Annulation par l'unité"
    ERASE = "erase", "Effacement"


class ForbiddenStep(Exception):
    """A case in this state does not allow that."""


_ENDINGS = {Step.WITHDRAW: CaseState.WITHDRAWN, Step.CANCEL: CaseState.CANCELLED}
_OPEN = {Step.MERGE: CaseState.MERGED, **_ENDINGS}
_TO_PLACE = {Step.ASSIGN: CaseState.ASSIGNED, Step.ESCALATE: CaseState.ESCALATED, **_OPEN}
_HELD = {Step.ASSIGN: CaseState.ASSIGNED, Step.CLOSE: CaseState.CLOSED, **_OPEN}
_OVER = {Step.ERASE: CaseState.ERASED}
_OFFERED = {Step.ACCEPT: CaseState.ACCEPTED, Step.DECLINE: CaseState.DECLINED, **_TO_PLACE}

TRANSITIONS: Mapping[CaseState, Mapping[Step, CaseState]] = MappingProxyType(
    {
        CaseState.OPENED: _TO_PLACE,
        CaseState.ASSIGNED: {**_OFFERED, Step.TAKE_OVER: CaseState.ACCEPTED},
        CaseState.DECLINED: _TO_PLACE,
        CaseState.ESCALATED: {**_OFFERED, Step.TAKE_OVER: CaseState.ACCEPTED},
        CaseState.ACCEPTED: {
            **_HELD,
            Step.TAKE_OVER: CaseState.ACCEPTED,
            Step.TRY: CaseState.ACCEPTED,
            Step.MEET: CaseState.IN_FOLLOW_UP,
            Step.MISS: CaseState.UNREACHABLE,
        },
        CaseState.IN_FOLLOW_UP: {
            **_HELD,
            Step.TAKE_OVER: CaseState.IN_FOLLOW_UP,
            Step.TRY: CaseState.IN_FOLLOW_UP,
            Step.MEET: CaseState.IN_FOLLOW_UP,
            Step.MISS: CaseState.UNREACHABLE,
        },
        CaseState.UNREACHABLE: {
            **_HELD,
            Step.TAKE_OVER: CaseState.UNREACHABLE,
            Step.TRY: CaseState.UNREACHABLE,
            Step.MEET: CaseState.IN_FOLLOW_UP,
            Step.MISS: CaseState.UNREACHABLE,
        },
        CaseState.MERGED: {Step.PART: CaseState.OPENED, Step.CLOSE_WITH: CaseState.CLOSED, **_ENDINGS},
        **dict.fromkeys((CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.CANCELLED), _OVER),
        CaseState.ERASED: {},
    }
)
"""From each state: what may happen, and the state that follows. Whatever it does not name is refused."""

ENDED = frozenset(state for state, steps in TRANSITIONS.items() if set(steps) <= {Step.ERASE})
"""Nobody has to do anything any more."""

HELD = frozenset({CaseState.ACCEPTED, CaseState.IN_FOLLOW_UP, CaseState.UNREACHABLE})
"""An ISCG has taken it in charge."""


def after(state: CaseState, step: Step) -> CaseState:
    """The state that follows. Raises `ForbiddenStep`."""
    try:
        return TRANSITIONS[state][step]
    except KeyError:
        raise ForbiddenStep from None
