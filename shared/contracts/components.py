"""The contract's schemas as parts of a larger document, OpenAPI or AsyncAPI, that refers to them by name."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.contracts.schemas import Bare

PLACE = "#/components/schemas/"


def reference(name: str) -> dict[str, Any]:
    """A reference to a part."""
    return {"$ref": f"{PLACE}{name}"}


def components(*kinds: type[BaseModel]) -> dict[str, Any]:
    """The schemas of these models and of all that they hold, by name."""
    wished = [(kind, "validation") for kind in kinds]
    _, schema = models_json_schema(
        wished,  # type: ignore[arg-type] # a literal, widened
        ref_template=f"{PLACE}{{model}}",
        schema_generator=Bare,
    )
    parts: dict[str, Any] = schema["$defs"]
    return parts
