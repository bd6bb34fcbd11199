"""What to do about a failure: the one table by which everybody decides whether, and how, work is tried again.

Facts: `docs/decisions/0003-no-kafka-transactions.md`; codes of MongoDB 6 and 8.
"""

from collections.abc import Set as AbstractSet
from enum import Enum

from aiokafka.errors import KafkaError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from shared.vault import VaultUnavailable

DUPLICATE_KEY, WRITE_CONFLICT = 11000, 112
ENDED_BY_THE_SERVER = frozenset({251, 290})
"""NoSuchTransaction and TransactionExceededLifetimeLimitSeconds. The second one bears no label."""
STATE_OF_THE_SERVER = frozenset({13, 18, 43, 50, WRITE_CONFLICT, 237, 11601, 14031})
"""What no document can cause, and what bears a label sometimes or never: Unauthorized, AuthenticationFailed,
CursorNotFound, MaxTimeMSExpired, WriteConflict, CursorKilled, Interrupted, OutOfDiskSpace."""
RETRY_LABELS = ("TransientTransactionError", "RetryableWriteError")
MAYBE_COMMITTED = "UnknownTransactionCommitResult"
"""Whatever the code: whoever tries again must find out first whether it is saved."""


class Retry(Enum):
    """How work that has failed may succeed."""

    UNCHANGED = "later, as it is: a server is away or overloaded"
    REREAD = "at once, decided again on what is stored now: another writer was first"
    SMALLER = "with less in one transaction; alone, later as it is"
    NEVER = "not at all: it would fail in the same way again"


class StaleRevision(Exception):
    """Another writer saved one of these aggregates first."""


class Contended(Exception):
    """Other writers were faster at every attempt."""


class Blocked(Contended):
    """A conflict with another writer, again and again, though nothing of what was read has changed meanwhile."""


class TooSlow(Exception):
    """These can't be decided together within the time that a unit of work may take."""


class EndlessLookup(Exception):
    """A handler asks for another key each time that it is run."""


class NotSent(Exception):
    """Some events are saved but not acknowledged by the broker yet."""


class BadDeploy(Exception):
    """Our own code fails on too many records to be their fault: nothing more is set aside until it is mended."""


class EventTooLarge(Exception):
    """An event is over 512 KB and could not be read by those it is for."""


OF_INFRASTRUCTURE = (
    ConnectionFailure,
    WTimeoutError,
    KafkaError,
    NotSent,
    BadDeploy,
    VaultUnavailable,
    TimeoutError,
    OSError,
)


def triage(error: BaseException) -> Retry:
    """Tell how the work that raised this may succeed. The driver's labels count; where it sets none, its codes."""
    codes = _codes(error)
    if isinstance(error, PyMongoError) and error.has_error_label(MAYBE_COMMITTED):
        return Retry.UNCHANGED
    if isinstance(error, Contended | TooSlow) or codes & ENDED_BY_THE_SERVER:
        return Retry.SMALLER
    if isinstance(error, StaleRevision | DuplicateKeyError) or DUPLICATE_KEY in codes:
        return Retry.REREAD
    if isinstance(error, OF_INFRASTRUCTURE) or codes & STATE_OF_THE_SERVER or _has_retry_label(error):
        return Retry.UNCHANGED
    return Retry.NEVER


def is_conflict(error: BaseException) -> bool:
    """Whether another writer was first: read again, decide again."""
    return triage(error) is Retry.REREAD


def is_write_conflict(error: BaseException) -> bool:
    """Whether an open transaction, perhaps a dead process's, holds what we want to write."""
    return WRITE_CONFLICT in _codes(error)


def is_infrastructure(error: BaseException) -> bool:
    """Whether the same work may succeed later, as it is or with less at once: set nothing aside."""
    return triage(error) in (Retry.UNCHANGED, Retry.SMALLER)


def error_code(error: BaseException) -> int | None:
    """The code of MongoDB or Kafka, or the errno: what tells an operator the reason without quoting any text."""
    code = getattr(error, "code", None) or getattr(error, "errno", None)
    return code if isinstance(code, int) else None


def _codes(error: BaseException) -> AbstractSet[int | None]:
    if isinstance(error, BulkWriteError):
        details = error.details
        return {each["code"] for name in ("writeErrors", "writeConcernErrors") for each in details.get(name) or ()}
    return {error.code} if isinstance(error, OperationFailure) else set()


def _has_retry_label(error: BaseException) -> bool:
    return isinstance(error, PyMongoError) and any(error.has_error_label(label) for label in RETRY_LABELS)
