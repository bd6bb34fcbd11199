"""Reads what a vendor has handed over by HTTP: the content may stand in clear there, since TLS seals the way."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from services.intake.domain.receiving import is_too_large
from services.intake.domain.submission import Submission
from services.intake.http.cloudevents import Presented
from shared.contracts.check import Checked, Report, check_opened, check_report
from shared.contracts.forms import CanonicalUuid
from shared.contracts.report import CompactJwe, Revision
from shared.vault.jwe import UnreadableJwe, open_jwe
from shared.vault.ring import Ring
from shared.web.problems import SEALED_UNREADABLE, Problem

T = TypeVar("T")
IN_CLEAR = "in-clear...."
"""Stands for `sealed` where the content came in clear: shaped like a JWE, and nothing that anybody could open."""

_UUID: TypeAdapter[UUID] = TypeAdapter(CanonicalUuid)
_JWE: TypeAdapter[str] = TypeAdapter(CompactJwe)
_REVISION: TypeAdapter[int] = TypeAdapter(Revision)


def read_submission(presented: Presented, at: datetime, ring: Ring) -> Submission:
    """The submission, before it is known which integrator signs in. Raises a `Problem` where a JWE does not open."""
    blank = Submission(
        integrator="",
        place=None,
        event_id=_read(_UUID, presented.attributes.get("id")),
        report_id=_read(_UUID, presented.attributes.get("subject")),
        sha256=sha256(presented.body).hexdigest(),
        received_at=at,
    )
    if is_too_large(presented.body):
        return blank
    found = _checked(presented.data, ring)
    if isinstance(found, Report):
        return replace(blank, report_id=found.clear.report_id, revision=found.clear.revision, report=found)
    members = presented.data if isinstance(presented.data, dict) else {}
    report_id = _read(_UUID, members.get("report_id")) or blank.report_id
    return replace(blank, report_id=report_id, revision=_read(_REVISION, members.get("revision")), faults=found)


def _checked(members: Any, ring: Ring) -> Checked:
    if isinstance(members, dict) and "content" in members and "sealed" not in members:
        clear = {name: value for name, value in members.items() if name != "content"}
        return check_report(clear | {"sealed": IN_CLEAR}, members["content"])
    sealed = _read(_JWE, members.get("sealed")) if isinstance(members, dict) else None
    try:
        return check_opened(members, None if sealed is None else open_jwe(sealed, ring))
    except UnreadableJwe:
        raise Problem(SEALED_UNREADABLE) from None


def _read(kind: TypeAdapter[T], member: object) -> T | None:
    """A member, if it is as the contract wants it."""
    try:
        return kind.validate_python(member)
    except ValidationError:
        return None
