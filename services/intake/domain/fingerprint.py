"""Tells the same content again: a JWE is random, so a retry that seals again would look like another report."""

import hmac
from hashlib import sha256

import rfc8785

from shared.contracts.check import Report


def fingerprint(key: bytes, report: Report) -> str:
    """HMAC-SHA-256 over the RFC 8785 form of the clear part, less `sealed`, and the opened content. Hex."""
    parts = {
        "clear": report.clear.model_dump(mode="json", exclude={"sealed"}),
        "content": report.content.model_dump(mode="json", by_alias=True),
    }
    return hmac.digest(key, rfc8785.dumps(parts), sha256).hex()
