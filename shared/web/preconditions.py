"""What an act must bring: the version that it was decided on, and a key that makes its repetition harmless."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from shared.web.problems import IF_MATCH_MISSING, KEY_MISSING, MALFORMED_HEADER, Problem

KEY = re.compile(r'("?)(?P<uuid>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\1', re.ASCII | re.IGNORECASE)
TAG = re.compile(r'"(?P<version>\d{1,9})"', re.ASCII)


def etag(version: int) -> str:
    """The entity tag of an aggregate's version, as an answer carries it and `If-Match` brings it back."""
    return f'"{version}"'


async def version_decided_on(request: Request) -> int:
    """The version that the caller has read and decides on. Raises a `Problem`: 428 without one, 400 if unreadable.

    One strong tag: a weak one or `*` would let a decision pass on something that the caller has not seen.
    """
    given = request.headers.getlist("if-match")
    if not given:
        raise Problem(IF_MATCH_MISSING)
    found = TAG.fullmatch(given[0].strip())
    if len(given) != 1 or found is None:
        raise _malformed("If-Match")
    return int(found["version"])


async def idempotency_key(request: Request) -> UUID:
    """The key under which the answer is kept, so that a repeated act gets it again. Raises a `Problem`: 400.

    A UUID, quoted as draft-ietf-httpapi-idempotency-key-header-07 wants it, or bare: other keys might talk.
    """
    given = request.headers.getlist("idempotency-key")
    if not given:
        raise Problem(KEY_MISSING)
    found = KEY.fullmatch(given[0].strip())
    if len(given) != 1 or found is None:
        raise _malformed("Idempotency-Key")
    return UUID(found["uuid"])


Version = Annotated[int, Depends(version_decided_on)]
IdempotencyKey = Annotated[UUID, Depends(idempotency_key)]


def _malformed(header: str) -> Problem:
    return Problem(MALFORMED_HEADER, members={"header": header})
