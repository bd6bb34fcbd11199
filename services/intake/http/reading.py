"""Reads what a vendor has handed over by HTTP: the content may stand in clear there, since TLS seals the way."""

from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from services.intake.domain.submission import Submission
from services.intake.http.cloudevents import Presented
from services.intake.reading import check_sealed, read_data, read_uuid
from shared.contracts.check import Checked, check_in_clear, is_in_clear
from shared.vault.jwe import UnreadableJwe
from shared.vault.ring import Ring
from shared.web.problems import SEALED_UNREADABLE, Problem


def read_submission(presented: Presented, at: datetime, ring: Ring) -> Submission:
    """The submission, before it is known which integrator signs in. Raises a `Problem` where a JWE does not open."""
    blank = Submission(
        integrator="",
        place=None,
        event_id=read_uuid(presented.attributes.get("id")),
        report_id=read_uuid(presented.attributes.get("subject")),
        sha256=sha256(presented.body).hexdigest(),
        received_at=at,
    )
    try:
        return read_data(blank, str(presented.attributes.get("type")), presented.data, partial(_checked, ring=ring))
    except UnreadableJwe:
        raise Problem(SEALED_UNREADABLE) from None


def _checked(members: Any, ring: Ring) -> Checked:
    return check_in_clear(members) if is_in_clear(members) else check_sealed(members, ring)
