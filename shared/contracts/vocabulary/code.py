"""How a closed list is written: a code for machines, a French label for people."""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A closed list of the trade. Each member is its code, and carries the label that people read."""

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        """A member, from its code and its label."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member


def closed_lists() -> list[type[Code]]:
    """The closed lists of the contract, by name. A service may have lists of its own; nobody else reads those."""
    ours = [codes for codes in Code.__subclasses__() if codes.__module__.startswith(f"{__package__}.")]
    return sorted(ours, key=lambda codes: codes.__name__)
