"""Links and codes for whoever answers without an account: computed, never kept, and of no use without each other.

Whoever writes the letter and whoever answers the page know the same two secrets, one for links and one for codes, so
that neither stands in any event. A link travels by one channel, its code by another. What proves that a code was given
hangs on a third secret, which the page's service alone holds. Of each the newest makes, and all verify.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
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
    """Makes and reads links."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._signed = _Signed("link", secrets)

    def token(self, link: Link) -> str:
        """What stands in a link's fragment, which no browser sends and no server on the way gets to see."""
        return self._signed.text(link._bytes())

    def read(self, token: str) -> Link:
        """What a link leads to. Raises `NoSuchLink`."""
        return _link(self._signed.content(token))


class Codes:
    """Makes and verifies the codes of links."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secrets)

    def code(self, referral_id: UUID, counter: int) -> str:
        """The code of a referral, by its counter (HOTP, RFC 4226, with 8 digits)."""
        return _hotp(self._secrets[0], referral_id).generate(counter).decode()

    def is_code(self, code: str, referral_id: UUID, counter: int) -> bool:
        """Whether this is that code, in constant time."""
        return any(_is_code(_hotp(secret, referral_id), code, counter) for secret in self._secrets)


class Sessions:
    """Makes and reads what proves for half an hour that the code of a link was given."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._signed = _Signed("session", secrets)

    def session(self, link: Link, now: datetime) -> str:
        """What the page sends back with the answer."""
        ends = int((now + SESSION).timestamp()).to_bytes(_TIME)
        return self._signed.text(ends + link._bytes())

    def read(self, session: str, now: datetime) -> Link:
        """The link whose code was given. Raises `NoSuchLink`."""
        content = self._signed.content(session)
        if int.from_bytes(content[:_TIME]) < now.timestamp():
            raise NoSuchLink
        return _link(content[_TIME:])


class _Signed:
    """Content in base64url with its tag: the newest secret signs, any of them verifies."""

    def __init__(self, what: str, secrets: Sequence[bytes]) -> None:
        self._keys = [_key(secret, f"partner {what}") for secret in secrets]

    def text(self, content: bytes) -> str:
        return urlsafe_b64encode(content + _tag(self._keys[0], content)).decode().rstrip("=")

    def content(self, text: str) -> bytes:
        try:
            signed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            raise NoSuchLink from None
        content, tag = signed[:-_TAG], signed[-_TAG:]
        if not any(hmac.compare_digest(tag, _tag(key, content)) for key in self._keys):
            raise NoSuchLink
        return content


def _tag(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, sha256)[:_TAG]


def _hotp(secret: bytes, referral_id: UUID) -> HOTP:
    # SHA-256 is no less than what RFC 4226 asks for, and what the rest of the house computes with.
    return HOTP(_key(secret, f"partner code {referral_id}"), DIGITS, SHA256())


def _is_code(hotp: HOTP, code: str, counter: int) -> bool:
    try:
        hotp.verify(code.encode(), counter)
    except InvalidToken:
        return False
    return True


def _key(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"relais {purpose}".encode()).derive(secret)


def _link(content: bytes) -> Link:
    if len(content) != 32 + _N:
        raise NoSuchLink
    return Link(UUID(bytes=content[:16]), UUID(bytes=content[16:32]), int.from_bytes(content[32:]))
