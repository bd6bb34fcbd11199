"""Links and codes for whoever answers without an account: computed, never kept, and of no use without each other.

Whoever writes the letter and whoever answers the page know the same secret, so that neither link nor code stands in
any event. A link travels by one channel, its code by another.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

DIGITS = 8
"""Of a code: five tries of a code and five codes an hour make a guess in a hundred million hopeless."""

SESSION = timedelta(minutes=30)
"""For how long a page may be answered after its code was given."""

_TAG, _N, _TIME = 16, 2, 5


class NoSuchLink(Exception):
    """This link is none of ours, or its time is over."""


class Link(NamedTuple):
    """What a link leads to: a referral of a case, by its n-th link; those before it lead nowhere any more."""

    case_id: UUID
    referral_id: UUID
    n: int

    def _bytes(self) -> bytes:
        return self.case_id.bytes + self.referral_id.bytes + self.n.to_bytes(_N)


class Links:
    """Makes links, their codes, and what proves for a while that a code was given. `secret` is the house's own."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, link: Link) -> str:
        """What stands in a link's fragment, which no browser sends and no server on the way gets to see."""
        return self._signed("link", link._bytes())

    def read(self, token: str) -> Link:
        """What a link leads to. Raises `NoSuchLink`."""
        return _link(self._content("link", token))

    def code(self, referral_id: UUID, counter: int) -> str:
        """The code of a referral, by its counter (HOTP, RFC 4226, with 8 digits)."""
        return self._hotp(referral_id).generate(counter).decode()

    def is_code(self, code: str, referral_id: UUID, counter: int) -> bool:
        """Whether this is that code, in constant time."""
        try:
            self._hotp(referral_id).verify(code.encode(), counter)
        except InvalidToken:
            return False
        return True

    def session(self, link: Link, now: datetime) -> str:
        """What proves for half an hour that the code of this link was given."""
        ends = int((now + SESSION).timestamp()).to_bytes(_TIME)
        return self._signed("session", ends + link._bytes())

    def read_session(self, session: str, now: datetime) -> Link:
        """The link whose code was given. Raises `NoSuchLink`."""
        content = self._content("session", session)
        if int.from_bytes(content[:_TIME]) < now.timestamp():
            raise NoSuchLink
        return _link(content[_TIME:])

    def _signed(self, what: str, content: bytes) -> str:
        return urlsafe_b64encode(content + self._tag(what, content)).decode().rstrip("=")

    def _content(self, what: str, text: str) -> bytes:
        try:
            signed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            raise NoSuchLink from None
        content, tag = signed[:-_TAG], signed[-_TAG:]
        if not hmac.compare_digest(tag, self._tag(what, content)):
            raise NoSuchLink
        return content

    def _tag(self, what: str, content: bytes) -> bytes:
        return hmac.digest(self._key(f"partner {what}"), content, sha256)[:_TAG]

    def _hotp(self, referral_id: UUID) -> HOTP:
        # SHA-256 is no less than what RFC 4226 asks for, and what the rest of the house computes with.
        return HOTP(self._key(f"partner code {referral_id}"), DIGITS, SHA256())

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, None, f"relais {purpose}".encode()).derive(self._secret)


def _link(content: bytes) -> Link:
    if len(content) != 32 + _N:
        raise NoSuchLink
    return Link(UUID(bytes=content[:16]), UUID(bytes=content[16:32]), int.from_bytes(content[32:]))
