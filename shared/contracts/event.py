"""The shape that every event shares: its type, its members in clear, its sealed blocks."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self

import orjson
from pydantic import BaseModel, ConfigDict

from shared.contracts.fields import Compartment, Sealed

FAMILIES = (
    *("station", "report", "case", "notification", "access", "delivery", "audit"),
    *("integrator", "key", "roster"),
)


def kebab(name: str) -> str:
    """`IscgAssigned` as it is written in an event's type: `iscg-assigned`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class Event(BaseModel):
    """One fact, in the past tense, small and self-sufficient.

    A producer's stray member is an error; a reader ignores members that it does not know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, serialize_by_alias=True)

    type: ClassVar[str]

    def __init_subclass__(cls, *, family: str | None = None, said: str | None = None, **kwargs: Any) -> None:
        """`said` is what happened, where the class must be named otherwise to be told from another family's."""
        super().__init_subclass__(**kwargs)
        if family is not None:
            cls.type = f"{family}.{said or kebab(cls.__name__).removeprefix(family + '-')}.v1"

    @classmethod
    @cache
    def sealed_members(cls) -> Mapping[str, Compartment]:
        """Name of each sealed member and the compartment whose key seals it."""
        return {
            name: mark.compartment
            for name, field in cls.model_fields.items()
            for mark in field.metadata
            if isinstance(mark, Sealed)
        }

    def clear(self) -> dict[str, Any]:
        """The Routing members, ready for JSON."""
        return self.model_dump(mode="json", exclude=set(self.sealed_members()) or None, exclude_none=True)

    def blocks(self) -> dict[str, bytes]:
        """Each sealed member that is present, as the JSON that will be encrypted."""
        present = self.model_dump(mode="json", include=set(self.sealed_members()), exclude_none=True)
        return {name: orjson.dumps(block) for name, block in present.items()}

    @classmethod
    def read(cls, data: Mapping[str, Any], opened: Mapping[str, bytes] | None = None) -> Self:
        """The event as its reader may know it: members in clear, and the blocks it has opened.

        A block that stays sealed reads as `None`.
        """
        sealed = cls.sealed_members()
        known = {name: value for name, value in data.items() if name not in sealed}
        known |= {name: orjson.loads(block) for name, block in (opened or {}).items()}
        return cls.model_validate(known, extra="ignore")
