"""The gate of the contract: a report that passes it is understood, one that does not learns everything at once."""

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.contracts.blocks import Fault
from shared.contracts.faults import faults_of, ordered
from shared.contracts.readable import Unreadable, read_json
from shared.contracts.report import ReportContent, ReportSubmitted, WithdrawalSubmitted
from shared.contracts.rules import broken_rules
from shared.contracts.vocabulary import FaultCode

M = TypeVar("M", bound=BaseModel)
IN_CLEAR = "in-clear...."
"""Stands for `sealed` where the content came in clear: shaped like a JWE, and nothing that anybody could open."""
CONTENT = "/content"
"""Where the content stands in pointers, whether it came sealed or, on the HTTPS door, in clear."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report that keeps the contract, both parts of it."""

    clear: ReportSubmitted
    content: ReportContent


Checked = Report | tuple[Fault, ...]


def check_opened(clear: Any, opened: bytes | None) -> Checked:
    """The report, or every fault of both its parts, from the parsed clear part and the bytes of the opened JWE.

    `opened` None: there was nothing to open, because the clear part is faulty itself.
    """
    if opened is None:
        return check_report(clear, None)
    try:
        return check_report(clear, read_json(opened))
    except Unreadable as unreadable:
        return _unreadable(clear, unreadable.code)


def check_report(clear: Any, content: Any) -> Checked:
    """The report, or every fault of both its parts together. Takes parsed JSON, never mind of what shape."""
    faults: list[Fault] = []
    submitted = _read(ReportSubmitted, clear, "", faults)
    opened = None if faults and content is None else _read(ReportContent, content, CONTENT, faults)
    if isinstance(content, dict):
        faults += broken_rules(clear if isinstance(clear, dict) else {}, content, CONTENT)
    if submitted and opened and not faults:
        return Report(submitted, opened)
    return ordered(faults)


def is_in_clear(members: Any) -> bool:
    """Whether a report comes with its content in clear, as the HTTPS door lets it."""
    return isinstance(members, dict) and "content" in members and "sealed" not in members


def check_in_clear(members: dict[str, Any]) -> Checked:
    """The report, or every fault of it, where its content stands in it in clear."""
    clear = {name: value for name, value in members.items() if name != "content"}
    return check_report(clear | {"sealed": IN_CLEAR}, members["content"])


def check_withdrawal(clear: Any) -> WithdrawalSubmitted | tuple[Fault, ...]:
    """The withdrawal, or every fault of it. Takes parsed JSON, never mind of what shape."""
    faults: list[Fault] = []
    return _read(WithdrawalSubmitted, clear, "", faults) or ordered(faults)


def _unreadable(clear: Any, code: FaultCode) -> tuple[Fault, ...]:
    faults = [Fault(pointer=CONTENT, code=code)]
    _read(ReportSubmitted, clear, "", faults)
    return ordered(faults)


def _read(kind: type[M], json: Any, root: str, faults: list[Fault]) -> M | None:
    try:
        return kind.model_validate(json, by_alias=True, by_name=False)
    except ValidationError as error:
        faults += faults_of(error, root)
        return None
