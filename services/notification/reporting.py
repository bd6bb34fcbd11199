"""Delivery reports: where a provider tells what became of one notice, and nobody else can."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any
from uuid import UUID

TOKEN_BYTES = 16


class Arrival(Enum):
    """What a provider reports: it has arrived, it will not, or nothing is decided yet."""

    DELIVERED = "delivered"
    RETURNED = "returned"
    UNDECIDED = "undecided"


STATUSES: Mapping[str, Arrival] = MappingProxyType(
    {
        "delivered": Arrival.DELIVERED,
        "undelivered": Arrival.RETURNED,
        "failed": Arrival.RETURNED,
        "expired": Arrival.RETURNED,
        "rejected": Arrival.RETURNED,
        "blacklisted": Arrival.RETURNED,
        "hardBounces": Arrival.RETURNED,
        "hard_bounce": Arrival.RETURNED,
    }
)
"""What gateways say, the generic shape's and Brevo's words; all else decides nothing."""


@dataclass(frozen=True, slots=True)
class Reports:
    """Addresses for reports, one a notice: whoever has one can report of that notice alone. None without `base`."""

    secrets: Sequence[bytes]
    base: str | None = None

    def address(self, notice_id: UUID) -> str | None:
        """Where to report of a notice."""
        return f"{self.base}/v1/delivery-reports/{notice_id}/{self.token(notice_id)}" if self.base else None

    def token(self, notice_id: UUID) -> str:
        """The last part of that address: an HMAC of the notice's id, by the newest secret."""
        return _token(self.secrets[0], notice_id)

    def is_token(self, notice_id: UUID, token: str) -> bool:
        """Whether this is the token of the notice, by any of the secrets. Without one none is."""
        return any(hmac.compare_digest(_token(each, notice_id).encode(), token.encode()) for each in self.secrets)


def _token(secret: bytes, notice_id: UUID) -> str:
    return hmac.digest(secret, f"relais delivery report {notice_id}".encode(), "sha256")[:TOKEN_BYTES].hex()


def arrival_in(report: Any) -> Arrival:
    """What a report says, in whichever shape it comes."""
    words = [report.get(name) for name in ("msg_status", "status")] if isinstance(report, dict) else []
    told = next((each for each in words if isinstance(each, str)), "")
    return STATUSES.get(told, Arrival.UNDECIDED)
