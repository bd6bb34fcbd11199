"""For what somebody may look: it follows from the right that opens what is looked at, never from the caller's word."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from shared.contracts.vocabulary import Purpose


class Right(StrEnum):
    """By what somebody may look at a person's data, or into the log. The roster, the case or the door tells which."""

    HOLDS = "holds"
    COVERS = "covers"
    BREAKS_GLASS = "breaks-glass"
    INSPECTS = "inspects"
    REPAIRS = "repairs"
    AUDITS = "audits"
    COUNTS = "counts"


PURPOSES: Mapping[Right, tuple[Purpose, ...]] = {
    Right.HOLDS: (Purpose.FOLLOW_UP, Purpose.FIRST_CONTACT, Purpose.PERSON_REQUEST),
    Right.COVERS: (Purpose.ABSENCE_COVER,),
    Right.BREAKS_GLASS: (Purpose.BREAK_GLASS,),
    Right.INSPECTS: (Purpose.INSPECTION,),
    Right.REPAIRS: (Purpose.SET_ASIDE_REPAIR,),
    Right.AUDITS: (Purpose.AUDIT, Purpose.PERSON_REQUEST, Purpose.INSPECTION),
    Right.COUNTS: (Purpose.STATISTICS,),
}
"""Right × purposes; the first is that of a look for which none of the others is given."""

WHO = {
    Right.HOLDS: "the ISCG who holds the case",
    Right.COVERS: "the ISCG who covers today for its holder",
    Right.BREAKS_GLASS: "an ISCG of elsewhere, in an emergency, for three hours",
    Right.INSPECTS: "an inspector whose request another one has granted, for an hour",
    Right.REPAIRS: "an operator, at a record that was set aside",
    Right.AUDITS: "an auditor, into the log",
    Right.COUNTS: "nobody: a machine counts",
}


def purpose_of(right: Right, asked: Purpose) -> Purpose:
    """Why somebody looks by this right: for what is asked where it is one of the right's purposes, else its first."""
    allowed = PURPOSES[right]
    return asked if asked in allowed else allowed[0]


def allows(*rights: Right) -> Callable[[Purpose], Purpose]:
    """A check that a purpose is one of these rights'. It raises `ValueError` for others."""
    allowed = {purpose for right in rights for purpose in PURPOSES[right]}

    def check(purpose: Purpose) -> Purpose:
        if purpose not in allowed:
            raise ValueError(f"take one of {', '.join(sorted(allowed))}")
        return purpose

    return check
