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
