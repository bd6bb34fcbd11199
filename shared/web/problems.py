"""What a door says when it refuses: RFC 9457 problem documents that never repeat what was sent.

A type is the path of a page that this very door serves, `/problems/<code>` (RFC 9457, 3.1.1: a relative URI with its
full path), so that it can be followed and promises no host that is not ours. Add a kind here first, then raise it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from starlette.responses import JSONResponse

from shared.web.french import FRENCH

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of refusing: its status, its stable code, its title, and what the caller can do. In two languages.

    Both are said at once, whatever a request prefers: a vendor's log is read by people who have sent no header.
    """

    status: int
    code: str
    title: str
    advice: str

    @property
    def type(self) -> str:
        """The problem's `type`."""
        return f"/problems/{self.code}"

    def document(self) -> dict[str, Any]:
        """The members that every problem of this kind has."""
        title, detail = FRENCH[self.code]
        said = {"type": self.type, "title": self.title, "status": self.status, "detail": self.advice}
        return said | {"fr": {"title": title, "detail": detail}}


MALFORMED_JSON = Kind(400, "malformed-json", "The body is not JSON", "Send one JSON value in UTF-8.")
REPEATED_MEMBER = Kind(
    400,
    "repeated-member",
    "An object of the body names a member twice",
    "Send each member once: which of two counts is not for us to guess.",
)
TOO_DEEP = Kind(400, "too-deep", "The body nests too deep", "Nest no more than 32 levels.")
MALFORMED_HEADER = Kind(400, "malformed-header", "A header is not well formed", "Mend the header that `header` names.")
MALFORMED_CURSOR = Kind(
    400,
    "malformed-cursor",
    "This cursor is none of ours",
    "Send `next` of an earlier answer as it stands, or no `since` to begin anew.",
)
KEY_MISSING = Kind(
    400, "idempotency-key-missing", "An idempotency key is needed", "Send `Idempotency-Key` with a UUID of your choice."
)
NOT_SIGNED_IN = Kind(401, "not-signed-in", "No valid token came with the request", "Get an access token and send it.")
SIGN_IN_AGAIN = Kind(
    401,
    "sign-in-again",
    "A recent sign-in is needed for this",
    "Sign in again at your issuer, at most `max_age` seconds before, and repeat the request with the new token.",
)
STRONGER_SIGN_IN = Kind(
    401,
    "stronger-sign-in",
    "A stronger sign-in is needed",
    "Sign in again at your issuer as the challenge asks, such as with a second factor, and repeat the request.",
)
ROLE_NOT_ALLOWED = Kind(403, "role-not-allowed", "This door is not for your role", "Ask whoever gives roles.")
NO_OPENING = Kind(
    403,
    "no-opening",
    "The file of this case is not open to you now",
    "Open it by `POST /v1/cases/{case_id}/openings` with the part `file`, and send `opening` with its `opening_id`: it "
    "is good for 30 minutes.",
)
NO_CONSULTATION = Kind(
    403,
    "no-consultation",
    "Nobody has said why this is looked up",
    "Open a consultation by `POST /v1/consultations`; it lasts eight hours, for you alone.",
)
NO_POST = Kind(
    403, "no-post", "You fill no post today", "Ask the coordinator of your département to correct the roster."
)
NOT_PUBLISHED = Kind(
    404,
    "not-published",
    "The statistics of this year are not published yet",
    "`published_from` is the day from which they are; they are counted within a day after it.",
)
UNKNOWN_INTEGRATOR = Kind(
    403,
    "unknown-integrator",
    "The registry knows no integrator that signs in so",
    "Ask the operator to register you; nothing was stored.",
)
STATION_NOT_ALLOWED = Kind(
    403, "station-not-allowed", "You may not speak for this station", "Check the station's code, or ask the operator."
)
NOT_FOUND = Kind(
    404, "not-found", "There is nothing here for you", "Check the address; what is not yours looks absent."
)
METHOD_NOT_ALLOWED = Kind(405, "method-not-allowed", "This door has no such method", "Use one that `Allow` names.")
TOO_SLOW = Kind(408, "too-slow", "The body did not arrive in time", "Send it again.")
CONFLICT = Kind(409, "conflict", "What is asked is not possible any more", "Read the state again and decide anew.")
REPORT_ID_REUSED = Kind(
    409,
    "report-id-reused",
    "This revision was taken with other content, or the report is withdrawn",
    "Take a higher revision to correct a report, a new id for a new one. What was taken stands untouched.",
)
STALE_REPORT = Kind(
    409,
    "stale-revision",
    "A higher revision of this report was taken",
    "Read how it stands; send a higher revision to correct it.",
)
ERASED = Kind(410, "erased", "It has been erased", "Nothing is left to be shown, here or anywhere.")
STALE_VERSION = Kind(412, "stale-version", "It has changed since you read it", "Read it again and decide anew.")
TOO_LARGE = Kind(
    413, "too-large", "The body is too large", "Send no more than 256 KiB for a report, 1 MiB for a batch."
)
BATCH_TOO_LONG = Kind(
    413, "batch-too-long", "The batch has too many events", "Send no more than 100 together. None of these was stored."
)
NOT_JSON_TYPE = Kind(415, "unsupported-media-type", "The body is not declared as JSON", "Send `application/json`.")
UNSUPPORTED_EVENT_TYPE = Kind(
    415,
    "unsupported-event-type",
    "The body is declared as no form of a CloudEvent that is taken here",
    "Send one of the types that `Accept-Post` names, in UTF-8, without a content encoding.",
)
INVALID = Kind(422, "invalid-request", "The request is not as it should be", "Mend what `faults` names.")
UNKNOWN_STATION = Kind(
    422,
    "unknown-station",
    "The registry knows no such station",
    "Check the station's code, or ask the operator to register it.",
)
SEALED_UNREADABLE = Kind(
    422,
    "sealed-unreadable",
    "The sealed content does not open",
    "Read the key set again, seal anew, send again; nothing was stored.",
)
KEY_REUSED = Kind(
    422, "idempotency-key-reused", "This key was used for another request", "Choose a new key for each new request."
)
IF_MATCH_MISSING = Kind(
    428, "if-match-missing", "The version that you decide on is needed", "Send `If-Match` with the ETag that you read."
)
BREAK_GLASS_LIMIT = Kind(
    429,
    "break-glass-limit",
    "As many emergency accesses as may be were taken in 24 hours",
    "Ask the coordinator to give you the case, or wait `Retry-After` seconds.",
)
REFUSED = Kind(400, "refused", "The request was refused", "The status says why.")
INTERNAL = Kind(500, "internal", "Something failed on our side", "Send it again later, with the same idempotency key.")
UNAVAILABLE = Kind(
    503,
    "unavailable",
    "Something that we need is away, or too much comes at once",
    "Send it again after `Retry-After` seconds; it is not known to be stored.",
)

KINDS = {each.code: each for each in tuple(globals().values()) if isinstance(each, Kind)}
_BY_STATUS = {
    400: MALFORMED_JSON,
    401: NOT_SIGNED_IN,
    403: ROLE_NOT_ALLOWED,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    409: CONFLICT,
    410: ERASED,
    413: TOO_LARGE,
    415: NOT_JSON_TYPE,
    503: UNAVAILABLE,
}


@dataclass(eq=False)
class Problem(Exception):
    """A refusal, raised anywhere behind a door. `members` are ours: codes, ids, numbers, never what was sent."""

    kind: Kind
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The problem as JSON."""
        return {**self.kind.document(), **self.members}

    def response(self) -> JSONResponse:
        """The answer that says so."""
        return JSONResponse(self.document(), self.kind.status, dict(self.headers), MEDIA_TYPE)


def not_signed_in(reason: str | None = None) -> Problem:
    """A refusal for want of a valid token, with the challenge that RFC 6750 asks for."""
    challenge = "Bearer" if reason is None else 'Bearer error="invalid_token"'
    return Problem(NOT_SIGNED_IN, {"WWW-Authenticate": challenge})


def stronger_sign_in(acr_values: Sequence[str]) -> Problem:
    """A refusal because somebody signed in by too little, with the challenge of RFC 9470."""
    asked = f', acr_values="{" ".join(acr_values)}"' if acr_values else ""
    challenge = f'Bearer error="insufficient_user_authentication"{asked}'
    return Problem(STRONGER_SIGN_IN, {"WWW-Authenticate": challenge})


def sign_in_again(within: timedelta) -> Problem:
    """A refusal because the sign-in is too long ago, with the challenge of RFC 9470."""
    seconds = round(within.total_seconds())
    challenge = f'Bearer error="insufficient_user_authentication", max_age="{seconds}"'
    return Problem(SIGN_IN_AGAIN, {"WWW-Authenticate": challenge}, {"max_age": seconds})


def unavailable(seconds: int = 5) -> Problem:
    """A refusal because a server or the issuer is away: nothing is wrong with the request."""
    return Problem(UNAVAILABLE, {"Retry-After": str(seconds)})


def invalid(faults: Sequence[Mapping[str, str]]) -> Problem:
    """A refusal that names every fault by its place and a code."""
    return Problem(INVALID, members={"faults": list(faults)})


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """The refusal for a bare HTTP status; whatever text came with it stays behind."""
    return Problem(_BY_STATUS.get(status) or replace(REFUSED, status=status), headers or {})
