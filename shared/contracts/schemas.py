"""The JSON Schemas of the contract, as others read it: wire forms of events, and of what stands sealed in them."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from shared.contracts.blocks import (
    Agreed,
    Answered,
    Attempt,
    Closure,
    Decline,
    Explanation,
    Held,
    Needs,
    Recipient,
    ReferralFile,
)
from shared.contracts.person import Consent
from shared.contracts.report import CaseFile, Contact, ReportContent
from shared.contracts.topics import BY_TYPE

SEALED: Mapping[str, Any] = {
    "station.report-submitted.v1.content": ReportContent,
    "report.accepted.v1.contact": Contact,
    "report.accepted.v1.file": CaseFile,
    "report.corrected.v1.contact": Contact,
    "report.corrected.v1.file": CaseFile,
    "case.notify.v1": tuple[Recipient, ...],
    "case.iscg-assigned.v1.file": Explanation,
    "case.iscg-declined.v1.file": Decline,
    "case.contact-attempted.v1.file": Attempt,
    "case.interview-held.v1.file": Held,
    "case.closed.v1.file": Closure,
    "case.referral-answered.v1.file": Answered,
    "case.consent-collected.v1.file": Consent,
    "case.needs-assessed.v1.file": Needs,
    "case.referral-sent.v1.file": ReferralFile,
    "case.person-notice-requested.v1.file": Agreed,
}
"""What stands inside the sealed members, by the name of its schema."""


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema of the first version, by name."""
    kinds: dict[str, Any] = {**BY_TYPE, **SEALED}
    return {name: _schema(kind, name) for name, kind in kinds.items()}


class Bare(GenerateJsonSchema):
    """Without titles: they say a name twice."""

    def field_title_should_be_set(self, _schema: core_schema.CoreSchema | object) -> bool:
        """Never."""
        return False


def _schema(kind: Any, name: str) -> dict[str, Any]:
    """A schema moves only when the contract does: what our docstrings say is left out."""
    schema = TypeAdapter(kind).json_schema(by_alias=True, schema_generator=Bare)
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("title", None)
        part.pop("description", None)
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": name, **schema}
