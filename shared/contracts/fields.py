"""Which members of an event may stand in clear, and which are sealed."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Compartment = Literal["contact", "file"]
T = TypeVar("T")


class Routing:
    """May stand in clear: an id, a place, a time, a code that names no social fact."""


class Sealed:
    """Travels encrypted, as one block of JSON, under the data key of one compartment of its case."""

    def __init__(self, compartment: Compartment) -> None:
        self.compartment: Compartment = compartment

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """On the wire a sealed block is a base64 text, whatever stands inside."""
        return {"type": "string", "contentEncoding": "base64", "x-sealed": self.compartment}


Routed = Annotated[T, Routing()]
"""A member that may stand in clear: `case_id: Routed[UUID]`."""


class Block(BaseModel):
    """A JSON object that stands inside an event, sealed or not; as strict as the event itself.

    Errors never show what was given: it may be somebody's name.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_by_name=True, serialize_by_alias=True
    )
