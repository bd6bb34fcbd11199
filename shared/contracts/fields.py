"""Which members of an event may stand in clear, and which are sealed."""

from typing import Literal

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Compartment = Literal["contact", "file"]


class Routing:
    """May stand in clear: an id, a place, a time, a code that names no social fact."""


class Sealed:
    """Travels encrypted, as one block of JSON, under the data key of one compartment of its case."""

    def __init__(self, compartment: Compartment) -> None:
        self.compartment: Compartment = compartment

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """On the wire a sealed block is a base64 text, whatever stands inside."""
        return {"type": "string", "contentEncoding": "base64", "description": f"sealed: {self.compartment}"}


