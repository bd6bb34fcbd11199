"""What a webhook tells a partner's software: that something awaits it, where, and never a word about the person."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from services.notification.domain.notice import Notice, NoticeKind
from services.notification.domain.reference import reference

CALLS: Mapping[NoticeKind, str] = MappingProxyType(
    {
        NoticeKind.REFERRAL: "referral.sent",
        NoticeKind.REMINDER: "referral.reminder",
        NoticeKind.LINK: "referral.reminder",
        NoticeKind.CANCELLED: "referral.cancelled",
    }
)
"""Of what software can be told: what it can look up at the doors for partners. The type of each message."""


def message(notice: Notice, base: str) -> dict[str, Any]:
    """The message of a notice, in the form of Standard Webhooks; `base` is where referral's doors are."""
    about = notice.about
    case = {"reference": reference(notice.case_id), "case_id": str(notice.case_id)}
    id_ = str(about.referral_id) if about else None
    doors = {"door": f"{base}/v1/cases/{notice.case_id}/referrals/{id_}", "task": f"{base}/fhir/Task/{id_}"}
    return {
        "type": CALLS[notice.kind],
        "timestamp": notice.owed_at.isoformat(),
        "data": {**case, "referral_id": id_, **doors, "test": notice.test},
    }
