"""What an act must bring: the version that it was decided on, and a key that makes its repetition harmless."""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Depends, Request

from shared.web.problems import IF_MATCH_MISSING, KEY_MISSING, MALFORMED_HEADER, Problem

KEY = re.compile(r'("?)(?P<uuid>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\1', re.ASCII | re.IGNORECASE)
TAG = re.compile(r'(W/)?"(?P<version>\d{1,9})"', re.ASCII)


@dataclass(frozen=True, slots=True)
class Idempotency:
    """An idempotency key, and the fingerprint of the request that it came with.

    The fingerprint is an HMAC under the key, and only `id`, a digest of the key, is kept beside it: a body may be one
    of few, and whoever reads the database must not find out which one by trying them all.
    """

    key: UUID
    fingerprint: str

    @property
    def id(self) -> str:
        """By what the answer to this request is found again."""
        return sha256(self.key.bytes).hexdigest()


def etag(version: int) -> str:
    """The entity tag of an aggregate's version, as an answer carries it and `If-Match` brings it back."""
    return f'"{version}"'


async def version_decided_on(request: Request) -> int:
    """The version that the caller has read and decides on. Raises a `Problem`: 428 without one, 400 if unreadable.

    One tag: `*` would let a decision pass on something that the caller has not seen. A weak tag is one of ours that a
    proxy has weakened since it compressed the answer: it still names the version.
    """
    given = request.headers.getlist("if-match")
    if not given:
        raise Problem(IF_MATCH_MISSING)
    found = TAG.fullmatch(given[0].strip())
    if len(given) != 1 or found is None:
        raise _malformed("If-Match")
    return int(found["version"])


async def idempotency(request: Request) -> Idempotency:
    """The key under which the answer is kept, so that a repeated act gets it again. Raises a `Problem`: 400.

    A UUID, quoted as draft-ietf-httpapi-idempotency-key-header-07 wants it, or bare: other keys might talk.
    """
    given = request.headers.getlist("idempotency-key")
    if not given:
        raise Problem(KEY_MISSING)
    found = KEY.fullmatch(given[0].strip())
    if len(given) != 1 or found is None:
        raise _malformed("Idempotency-Key")
    key = UUID(found["uuid"])
    return Idempotency(key, hmac.digest(key.bytes, await _told_apart(request), "sha256").hex())


async def _told_apart(request: Request) -> bytes:
    """All that makes a request another one: method, address, the version that it decides on, and what its body says."""
    versions = [each.strip().removeprefix("W/") for each in request.headers.getlist("if-match")]
    address = [request.method, request.url.path, request.url.query, *versions]
    return orjson.dumps(address) + b"\n" + _canonical(await request.body())


def _canonical(body: bytes) -> bytes:
    """The same bytes for the same JSON, however it is spaced and ordered. What is not JSON counts as it is."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except ValueError:
        return body


Version = Annotated[int, Depends(version_decided_on)]
Idempotent = Annotated[Idempotency, Depends(idempotency)]


def _malformed(header: str) -> Problem:
    return Problem(MALFORMED_HEADER, members={"header": header})
