"""The HTTP doors for vendors as an OpenAPI document, made from the doors and from the contract themselves."""

from collections.abc import Mapping
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from services.intake.domain.receipt import OUTCOMES
from services.intake.http.cloudevents import BATCH, BINARY, MOST_OF_A_BATCH
from shared.contracts.cloudevent import STRUCTURED, TAKEN
from shared.contracts.components import components, reference
from shared.contracts.events import ReceiptIssued, ReportSubmitted, WithdrawalSubmitted
from shared.contracts.evolution import RULE
from shared.contracts.report import ReportContent
from shared.web.problems import KINDS, MEDIA_TYPE

Json = dict[str, Any]
INFO = f"Report to Relais by HTTPS, and follow what you have reported. {RULE}"
TEXT = {"type": "string", "minLength": 1}
ATTRIBUTES: Mapping[str, Json] = {
    "specversion": {"type": "string", "const": "1.0"},
    "id": TEXT,
    "source": TEXT,
    "type": {"type": "string", "enum": list(TAKEN)},
}
OUTCOMES_OF_CHECK = {*OUTCOMES.values(), "repeated"} - {"rejected"}


def openapi(routes: list[BaseRoute]) -> Json:
    """The document for these doors."""
    document = get_openapi(title="Relais: intake", version="1.0.0", description=INFO, routes=routes)
    document["components"]["schemas"] |= _parts()
    document["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT (RFC 9068), role integrator"}
    }
    return document


def _content(schema: Json, media_type: str = BINARY) -> Json:
    return {"content": {media_type: {"schema": schema}}}


PROBLEM = {"description": "A problem (RFC 9457).", **_content(reference("Problem"), MEDIA_TYPE)}
PUBLIC: Json = {"responses": {"default": PROBLEM}}
SIGNED_IN: Json = {**PUBLIC, "openapi_extra": {"security": [{"token": []}]}}
"""How a route of ours is documented; FastAPI's own answers to faults are not what we say."""


def _taking(answers: Mapping[int, tuple[str, str]]) -> Json:
    """A door that takes events: alone in two forms, or many."""
    bodies = {BINARY: reference("Report"), STRUCTURED: reference("ReportEvent"), BATCH: reference("ReportBatch")}
    named: Any = {code: {"description": said, **_content(reference(part))} for code, (said, part) in answers.items()}
    many = {207: {"description": "One answer an event, in their order.", **_content(reference("BatchAnswer"))}}
    attributes = [
        {"name": f"ce-{name}", "in": "header", "schema": schema, "description": "In binary mode alone; needed there."}
        for name, schema in ATTRIBUTES.items()
    ]
    body = {"required": True, "content": {kind: {"schema": schema} for kind, schema in bodies.items()}}
    extra = {"security": [{"token": []}], "parameters": attributes, "requestBody": body}
    return {"responses": {**named, **many, "default": PROBLEM}, "openapi_extra": extra}


HANDING_IN = _taking(
    {
        201: ("Stored; the receipt.", "ReceiptIssued"),
        202: ("Kept until the report comes that it corrects or withdraws; the receipt.", "ReceiptIssued"),
        200: ("Taken before; the receipt of then.", "ReceiptIssued"),
    }
)
CHECKING = _taking({200: ("It would be taken.", "Checked")})


def _parts() -> Json:
    contract = components(ReportSubmitted, WithdrawalSubmitted, ReportContent, ReceiptIssued)
    return {
        **contract,
        "Report": {"oneOf": list(map(reference, ("ReportSubmitted", "ReportInClear", "WithdrawalSubmitted")))},
        "ReportInClear": _in_clear(contract["ReportSubmitted"]),
        "ReportEvent": _object({**ATTRIBUTES, "data": reference("Report")}),
        "ReportBatch": {"type": "array", "maxItems": MOST_OF_A_BATCH, "items": reference("ReportEvent")},
        "Checked": _object({"outcome": {"enum": sorted(OUTCOMES_OF_CHECK)}, "warnings": _list_of(TEXT)}),
        "BatchAnswer": _list_of(
            _object(
                {"index": {"type": "integer"}, "status": {"type": "integer"}}, answer={}, problem=reference("Problem")
            )
        ),
        "Problem": _problem(),
        "ExplainedFault": _object(
            {"code": TEXT}, pointer={"type": "string"}, attribute=TEXT, parameter={"type": "string"}, en=TEXT, fr=TEXT
        ),
    }


def _in_clear(sealed: Json) -> Json:
    members = {name: each for name, each in sealed["properties"].items() if name != "sealed"}
    required = [name for name in sealed["required"] if name != "sealed"]
    content = {"content": reference("ReportContent")}
    return {**sealed, "properties": {**members, **content}, "required": [*required, "content"]}


def _problem() -> Json:
    types = sorted(kind.type for kind in KINDS.values())
    french = _object({"title": TEXT, "detail": TEXT})
    always = {"type": {"enum": types}, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "fr": french}
    faults, receipt = _list_of(reference("ExplainedFault")), reference("ReceiptIssued")
    return _object(always, reason=TEXT, faults=faults, receipt=receipt)


def _object(always: Mapping[str, Any], **sometimes: Any) -> Json:
    return {"type": "object", "required": list(always), "properties": {**always, **sometimes}}


def _list_of(items: Json) -> Json:
    return {"type": "array", "items": items}
