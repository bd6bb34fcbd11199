"""For what an ISCG may look at whom a case is about."""

from shared.contracts.vocabulary import Purpose

ISCG_PURPOSES = frozenset({Purpose.FIRST_CONTACT, Purpose.FOLLOW_UP, Purpose.PERSON_REQUEST, Purpose.ABSENCE_COVER})


def check_purpose(purpose: Purpose) -> Purpose:
    """A purpose for which the ISCG who holds or covers a case may look. Raises `ValueError` for others'."""
    if purpose not in ISCG_PURPOSES:
        raise ValueError("not a purpose of hers")
    return purpose
