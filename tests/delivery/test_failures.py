"""Which failures are tried again, and how: the errors of the driver as it raises them."""

from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from pymongo import AsyncMongoClient
from pymongo.errors import (
    BulkWriteError,
    DuplicateKeyError,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)

from shared.delivery.failures import Contended, NotSent, Retry, StaleRevision, is_infrastructure, triage
from shared.delivery.transaction import MAJORITY, SNAPSHOT


def refused(code: int, *labels: str) -> OperationFailure:
    return OperationFailure("refused", code, {"errorLabels": list(labels)})


def bulk(*codes: int) -> BulkWriteError:
    return BulkWriteError({"writeErrors": [{"code": code} for code in codes], "writeConcernErrors": []})


@pytest.mark.parametrize(
    ("error", "retry"),
    [
        (refused(251, "TransientTransactionError"), Retry.SMALLER),
        (refused(290), Retry.SMALLER),
        (Contended(), Retry.SMALLER),
        (refused(112, "TransientTransactionError"), Retry.UNCHANGED),
        (refused(91, "RetryableWriteError"), Retry.UNCHANGED),
        (refused(64, "UnknownTransactionCommitResult"), Retry.UNCHANGED),
        (refused(251, "UnknownTransactionCommitResult"), Retry.UNCHANGED),
        (refused(13), Retry.UNCHANGED),
        (refused(43), Retry.UNCHANGED),
        (NotPrimaryError(), Retry.UNCHANGED),
        (ServerSelectionTimeoutError(), Retry.UNCHANGED),
        (WaitQueueTimeoutError(), Retry.UNCHANGED),
        (KafkaConnectionError(), Retry.UNCHANGED),
        (NotSent(), Retry.UNCHANGED),
        (TimeoutError(), Retry.UNCHANGED),
        (StaleRevision(), Retry.REREAD),
        (DuplicateKeyError("twice", 11000), Retry.REREAD),
        (bulk(11000), Retry.REREAD),
        (bulk(121), Retry.NEVER),
        (refused(121), Retry.NEVER),
        (refused(10334), Retry.NEVER),
        (ValueError(), Retry.NEVER),
    ],
)
def test_each_failure_has_one_way_to_be_tried_again(error: Exception, retry: Retry) -> None:
    assert triage(error) is retry
    assert is_infrastructure(error) is (retry in (Retry.UNCHANGED, Retry.SMALLER))


async def test_a_transaction_that_the_server_has_ended_is_tried_again_with_less_in_it(
    mongo: AsyncMongoClient[dict[str, Any]], namespace: str
) -> None:
    rows = mongo[f"{namespace}_failures"]["rows"]
    await rows.insert_one({"_id": 0})
    async with mongo.start_session() as session:
        await session.start_transaction(SNAPSHOT, MAJORITY)
        await rows.insert_one({"_id": 1}, session=session)
        # Without it `command` would encode no UUID.
        await mongo.admin.command("killSessions", [session.session_id], codec_options=rows.codec_options)
        with pytest.raises(OperationFailure) as ended:
            await rows.insert_one({"_id": 2}, session=session)
    assert triage(ended.value) is Retry.SMALLER
