"""The gate of the contract: a report that passes it is understood, one that does not learns everything at once."""

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.contracts.blocks import Fault
from shared.contracts.faults import faults_of, ordered
from shared.contracts.report import ReportContent, ReportSubmitted
from shared.contracts.rules import broken_rules

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Report:
    """A report that keeps the contract, both parts of it."""

    clear: ReportSubmitted
    content: ReportContent


def check_report(clear: Any, content: Any) -> Report | tuple[Fault, ...]:
    """The report, or every fault of both its parts together. Takes parsed JSON, never mind of what shape.

    `content` None: it could not be opened, because the clear part is faulty itself.
    Pointers into the content begin with `/content`, whether it came sealed or, on the HTTPS door, in clear.
    """
    faults: list[Fault] = []
    submitted = _read(ReportSubmitted, clear, "", faults)
    opened = None if faults and content is None else _read(ReportContent, content, "/content", faults)
    if isinstance(content, dict):
        faults += broken_rules(clear if isinstance(clear, dict) else {}, content)
    if submitted and opened and not faults:
        return Report(submitted, opened)
    return ordered(faults)


def _read(kind: type[M], json: Any, root: str, faults: list[Fault]) -> M | None:
    try:
        return kind.model_validate(json, by_alias=True, by_name=False)
    except ValidationError as error:
        faults += faults_of(error, root)
        return None
