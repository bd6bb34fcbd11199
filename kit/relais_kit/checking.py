"""Checks reports offline: every fault at once, with its place and a sentence, as the doors would tell it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from shared.contracts.blocks import Fault
from shared.contracts.check import Report, check_in_clear, check_report, check_withdrawal, is_in_clear
from shared.contracts.depth import is_too_deep
from shared.contracts.events import WithdrawalSubmitted
from shared.contracts.repeated import has_repeated_members
from shared.contracts.report import LARGEST_REPORT
from shared.contracts.sentences import explained

LINES = (".jsonl", ".ndjson")
"""Files that hold one report a line."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found about one report. `outcome` is what a Relais that knows nothing else would answer."""

    where: str
    outcome: str
    faults: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether it would be taken."""
        return self.outcome != "rejected"


def check_file(path: Path) -> Iterator[Checked]:
    """Every report of a file. Raises `OSError`."""
    if path.suffix not in LINES:
        yield check_bytes(path.name, path.read_bytes())
        return
    with path.open("rb") as lines:
        for n, line in enumerate(lines, start=1):
            if line.strip():
                yield check_bytes(f"{path.name}:{n}", line)


def check_bytes(where: str, body: bytes) -> Checked:
    """One report, or one CloudEvent in structured mode with a report as its data."""
    if len(body) > LARGEST_REPORT:
        return _refused(where, "a report has at most 256 KiB")
    if is_too_deep(body):
        return _refused(where, "it nests more than 32 levels")
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _refused(where, f"this is no JSON: line {error.lineno}, column {error.colno}")
    if has_repeated_members(body):
        return _refused(where, "a member stands twice in one object")
    return check_members(where, members)


def check_members(where: str, members: Any) -> Checked:
    """One report that is parsed already."""
    if isinstance(members, dict) and "specversion" in members:
        type_, members = members.get("type"), members.get("data")
        if type_ not in (WithdrawalSubmitted.type, "station.report-submitted.v1"):
            return _refused(where, "the event's `type` is none that is taken")
    found = _found(members)
    if isinstance(found, tuple):
        return Checked(where, "rejected", tuple(explained(fault.model_dump(mode="json") for fault in found)))
    return Checked(where, _outcome(found))


def _found(members: Any) -> Report | WithdrawalSubmitted | tuple[Fault, ...] | None:
    """None: its content is sealed, and its clear part is good."""
    if isinstance(members, dict) and {"withdrawn_at", "reason"} & members.keys():
        return check_withdrawal(members)
    if is_in_clear(members):
        return check_in_clear(members)
    found = check_report(members, None)
    if isinstance(found, Report):
        return found
    of_the_clear_part = tuple(fault for fault in found if not fault.pointer.startswith("/content"))
    return of_the_clear_part or None


def _outcome(found: Report | WithdrawalSubmitted | None) -> str:
    if found is None:
        return "sealed"
    if isinstance(found, WithdrawalSubmitted):
        return "withdrawn"
    return "accepted" if found.content.may_be_contacted() else "counted"


def _refused(where: str, sentence: str) -> Checked:
    return Checked(where, "rejected", ({"pointer": "", "code": "not-readable", "en": sentence},))
