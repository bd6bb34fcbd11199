"""For what an ISCG may look at whom a case is about."""

from shared.contracts.vocabulary import Purpose

ISCG_PURPOSES = frozenset(
    {Purpose.FIRST_CONTACT, Purpose.FOLLOW_UP, Purpose.PERSON_REQUEST, Purpose.ABSENCE_COVER, Purpose.BREAK_GLASS}
)


def check_purpose(purpose: Purpose) -> Purpose:
    """A purpose for which an ISCG may look: at what she holds or covers, or once she has broken the glass.

    Raises `ValueError` for others'.
    """
    if purpose not in ISCG_PURPOSES:
        raise ValueError("not a purpose of hers")
    return purpose
