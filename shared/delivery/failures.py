"""Which failures are infrastructure's, which are a conflict with another writer, and which are ours.

Facts: `docs/decisions/0003-no-kafka-transactions.md`; codes of MongoDB 6 and 8.
"""

from aiokafka.errors import KafkaError
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from shared.vault import VaultUnavailable

DUPLICATE_KEY, WRITE_CONFLICT, KILLED_SESSION = 11000, 112, 251
AGAIN_LABELS = ("TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError")


class StaleRevision(Exception):
    """Another writer saved one of these aggregates first."""


class Contended(Exception):
    """Other writers were faster at every attempt."""


class NotSent(Exception):
    """Some events are saved but not acknowledged by the broker yet."""


class BadDeploy(Exception):
    """Our own code fails on too many records to be their fault: nothing more is set aside until it is mended."""


class EventTooLarge(Exception):
    """An event is over 512 KB and could not be read by those it is for."""


def is_conflict(error: BaseException) -> bool:
    """Whether another writer was first: read again, decide again."""
    if isinstance(error, BulkWriteError):
        return any(each["code"] == DUPLICATE_KEY for each in error.details["writeErrors"])
    return isinstance(error, StaleRevision | DuplicateKeyError)


def is_write_conflict(error: BaseException) -> bool:
    """Whether an open transaction, perhaps a dead process's, holds what we want to write."""
    return isinstance(error, OperationFailure) and error.code == WRITE_CONFLICT


def is_infrastructure(error: BaseException) -> bool:
    """Whether the same work may succeed later unchanged: try again, set nothing aside."""
    if isinstance(error, PyMongoError) and any(error.has_error_label(label) for label in AGAIN_LABELS):
        return True
    if isinstance(error, OperationFailure) and error.code in (WRITE_CONFLICT, KILLED_SESSION):
        return True
    again = (
        AutoReconnect,
        WTimeoutError,
        KafkaError,
        NotSent,
        Contended,
        BadDeploy,
        VaultUnavailable,
        TimeoutError,
        OSError,
    )
    return isinstance(error, again)
