"""Reads what a station has handed in, by whichever door it came."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from services.intake.domain.submission import Submission
from shared.contracts.blocks import Fault
from shared.contracts.check import Checked, Report, check_opened, check_withdrawal
from shared.contracts.events import WithdrawalSubmitted
from shared.contracts.forms import CanonicalUuid
from shared.contracts.report import CompactJwe, Revision
from shared.vault.jwe import open_jwe
from shared.vault.ring import Ring

T = TypeVar("T")

_UUID: TypeAdapter[UUID] = TypeAdapter(CanonicalUuid)
_JWE: TypeAdapter[str] = TypeAdapter(CompactJwe)
_REVISION: TypeAdapter[int] = TypeAdapter(Revision)

CheckReport = Callable[[Any], Checked]


def read_data(blank: Submission, type_: str, members: Any, check_report: CheckReport) -> Submission:
    """The submission, filled from an event's parsed data as far as they can be read."""
    found = check_withdrawal(members) if type_ == WithdrawalSubmitted.type else check_report(members)
    match found:
        case Report(clear=clear):
            return replace(blank, report_id=clear.report_id, revision=clear.revision, report=found)
        case WithdrawalSubmitted(report_id=report_id, revision=revision):
            return replace(blank, report_id=report_id, revision=revision, withdrawal=found)
    return _faulty(blank, members, found)


def check_sealed(members: Any, ring: Ring) -> Checked:
    """A report whose content stands sealed in it. Raises an `UnreadableJwe`.

    Where nothing is sealed, that is told as a fault of the clear part.
    """
    sealed = read_member(_JWE, members.get("sealed")) if isinstance(members, dict) else None
    return check_opened(members, None if sealed is None else open_jwe(sealed, ring))


def read_uuid(member: object) -> UUID | None:
    """A UUID, if it is written as the contract wants it."""
    return read_member(_UUID, member)


def read_member(kind: TypeAdapter[T], member: object) -> T | None:
    """A member, if it is as the contract wants it."""
    try:
        return kind.validate_python(member)
    except ValidationError:
        return None


def _faulty(blank: Submission, members: Any, faults: tuple[Fault, ...]) -> Submission:
    """Named all the same, as far as its names can be read: its station must know which report it has to mend."""
    known = members if isinstance(members, dict) else {}
    report_id = read_uuid(known.get("report_id")) or blank.report_id
    return replace(blank, report_id=report_id, revision=read_member(_REVISION, known.get("revision")), faults=faults)
