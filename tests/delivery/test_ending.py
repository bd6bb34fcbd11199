"""Every end of a service says why: one line of its log, one sentence, one exit status."""

import asyncio
import errno
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from pymongo.errors import AutoReconnect, OperationFailure

from services.audit.__main__ import OURS
from services.audit.domain.standing import RolledBack
from shared.addresses import CannotListen
from shared.delivery.away import ServerRefuses, refused_by_kafka
from shared.delivery.ending import REFUSALS, STATUSES, tell_end
from shared.delivery.migrations import BehindMigrations
from shared.delivery.watchdog import STUCK
from shared.vault import NotMigrated, UnusableMaster, VaultUnavailable, WrongMaster
from shared.watch import logs
from tests.watch.test_logs import told

CANARY = "Zoé Lacanary"
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


ENDS: dict[str, tuple[BaseException, int, dict[str, object]]] = {
    "asked while it starts": (asyncio.CancelledError(), 0, {"event": "service-ended", "reason": "asked"}),
    "interrupted": (KeyboardInterrupt(), 130, {"event": "service-ended", "reason": "asked"}),
    "behind migrations": (BehindMigrations(), 75, {"event": "service-refuses", "reason": "BehindMigrations"}),
    "vault behind": (NotMigrated(), 75, {"reason": "NotMigrated"}),
    "wrong master": (WrongMaster("file"), 78, {"reason": "WrongMaster"}),
    "unusable master": (UnusableMaster("file"), 78, {"reason": "UnusableMaster"}),
    "refused": (ServerRefuses("MongoDB refuses us"), 78, {"reason": "ServerRefuses"}),
    "refused by Kafka": (refused_by_kafka(TopicAuthorizationFailedError(), "k:1"), 78, {"reason": "ServerRefuses"}),
    "port taken": (CannotListen("RELAIS_HTTP_PORT", "127.0.0.1", 80, "in use"), 78, {"reason": "CannotListen"}),
    "not to be signed": (RolledBack(held=0, signed=3), 65, {"reason": "RolledBack"}),
    "refusal in a group": (
        ExceptionGroup("", [ExceptionGroup("", [WrongMaster("file")])]),
        78,
        {"reason": "WrongMaster", "event": "service-refuses"},
    ),
    "a bug": (ValueError(CANARY), 70, {"event": "service-ended", "error": "ValueError", "count": 1}),
    "bugs in a group": (
        ExceptionGroup("", [KeyError(CANARY), ExceptionGroup("", [ValueError(CANARY)])]),
        70,
        {"error": "KeyError", "count": 2},
    ),
    "MongoDB away": (AutoReconnect(CANARY), 75, {"error": "AutoReconnect", "code": None}),
    "MongoDB refuses": (OperationFailure(CANARY, 9001), 70, {"error": "OperationFailure", "code": 9001}),
    "transaction too old": (OperationFailure(CANARY, 290), 75, {"error": "OperationFailure", "code": 290}),
    "Kafka away": (KafkaConnectionError(CANARY), 75, {"error": "KafkaConnectionError"}),
    "disk full": (OSError(errno.ENOSPC, CANARY), 75, {"error": "OSError", "errno": errno.ENOSPC}),
    "vault away": (
        caused(VaultUnavailable(), OperationFailure(CANARY, 11600)),
        75,
        {"error": "VaultUnavailable", "reason": "OperationFailure", "code": 11600},
    ),
}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.start_logging("intake", "intake-1", stream=stream)
    yield stream


@pytest.mark.parametrize("how", ENDS)
def test_every_end_is_told_in_one_line_and_one_sentence_that_quote_nothing(
    how: str, lines: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    error, status, said = ENDS[how]
    assert tell_end("intake", error, {**REFUSALS, **OURS}) == status
    [line] = told(lines)
    assert said.items() <= line.items()
    assert line["status"] == status
    assert "dropped" not in line
    sentence = capsys.readouterr().err
    assert sentence.count("\n") == (0 if line["reason"] == "asked" else 1)
    assert CANARY not in json.dumps(line) + sentence
    assert "Traceback" not in sentence


def test_the_table_has_every_refusal_and_every_status() -> None:
    ended = {type(error) for error, _, _ in ENDS.values()}
    assert {*REFUSALS, *OURS} <= {kind for each in ended for kind in each.__mro__}
    assert {status for _, status, _ in ENDS.values()} == set(STATUSES)
    assert STUCK == os.EX_SOFTWARE


def test_every_exit_status_is_explained_to_whoever_supervises_services() -> None:
    page = OPERATIONS.read_text("utf-8")
    assert all(f"| {status} | {meaning} |" in page for status, meaning in STATUSES.items())
