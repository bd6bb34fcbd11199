import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from shared.settings import ServerSettings
from shared.watch import logs

NAME = "Zoé Lacanary"
EVENT_ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
log = structlog.get_logger()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root, hooks = logging.root, (sys.excepthook, sys.unraisablehook)
    before = root.handlers, root.level
    stream = io.StringIO()
    logs.start_logging("intake", "one", "INFO", stream)
    yield stream
    root.handlers, root.level = before
    sys.excepthook, sys.unraisablehook = hooks
    structlog.reset_defaults()


def told(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_says_when_who_and_what(lines: io.StringIO) -> None:
    log.info("record-set-aside", reason="not-json", partition=3)
    (line,) = told(lines)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "record-set-aside",
        "level": "info",
        "logger": "tests.watch.test_logs",
        "service": "intake",
        "instance": "one",
        "reason": "not-json",
        "partition": 3,
    }


def test_every_line_within_names_its_event_and_case(lines: io.StringIO) -> None:
    case_id = uuid4()
    with logs.about(event_id=EVENT_ID, case_id=case_id, report_id=None):
        log.info("decided")
        logging.getLogger("aiokafka.client").info("within a library")
    log.info("outside")
    ours, theirs, outside = told(lines)
    assert ours["event_id"] == theirs["event_id"] == str(EVENT_ID)
    assert ours["case_id"] == str(case_id)
    assert "report_id" not in ours
    assert "event_id" not in outside


def test_a_stray_member_is_dropped_and_named(lines: io.StringIO) -> None:
    log.info("decided", person=NAME, **{NAME: 1})
    assert NAME not in lines.getvalue()
    assert told(lines)[0]["dropped"] == ["person", "unnamed"]


@pytest.mark.parametrize("value", [NAME, f"x {NAME}", {"name": NAME}, [NAME], NAME.encode(), object(), "x" * 201])
def test_a_value_that_is_no_code_is_withheld(lines: io.StringIO, value: object) -> None:
    log.info("decided", reason=value)
    (line,) = told(lines)
    assert "reason" not in line
    assert line["dropped"] == ["reason"]


def test_a_line_of_ours_built_from_content_is_withheld(lines: io.StringIO) -> None:
    log.info(f"accepted {NAME}")
    log.info("accepted %s", NAME)
    logging.getLogger("services.intake").info("accepted %s", NAME)
    assert [line["event"] for line in told(lines)] == ["line-without-a-name"] * 3
    assert NAME.split()[1] not in lines.getvalue()


def test_a_failure_is_told_by_types_and_lines_without_its_text(lines: io.StringIO) -> None:
    secret_local = NAME
    try:
        try:
            raise KeyError(secret_local)
        except KeyError as error:
            raise ExceptionGroup(NAME, [ValueError(NAME)]) from error
    except ExceptionGroup:
        log.exception("lane-failed")
    (line,) = told(lines)
    assert [step["type"] for step in line["failure"]] == ["ExceptionGroup", "ValueError", "KeyError"]
    assert line["failure"][0]["at"][0].startswith("tests/watch/test_logs.py:")
    assert "Lacanary" not in lines.getvalue()


def test_a_crash_of_the_program_is_told_without_its_text(lines: io.StringIO) -> None:
    error = ValueError(NAME)
    sys.excepthook(ValueError, error, None)
    (line,) = told(lines)
    assert (line["event"], line["level"], line["failure"][0]["type"]) == ("ended-by-failure", "critical", "ValueError")
    assert "Lacanary" not in lines.getvalue()


def test_faststream_quotes_no_message_of_an_exception(lines: io.StringIO) -> None:
    error = ValueError(NAME)
    structlog.get_logger("faststream").log(
        logging.ERROR, f"ValueError: {error}", extra={"topic": "relais.cases", "message_id": NAME}, exc_info=error
    )
    (line,) = told(lines)
    assert (line["event"], line["topic"], line["dropped"]) == ("ValueError", "relais.cases", ["message_id"])
    assert "Lacanary" not in lines.getvalue()


def test_a_library_tells_servers_and_types_but_no_exception_text(lines: io.StringIO) -> None:
    logging.getLogger("aiokafka.client").warning("No answer from %s:%s: %s", "127.0.0.1", 9092, OSError(NAME))
    assert told(lines)[0]["event"] == "No answer from 127.0.0.1:9092: OSError"


def test_an_unknown_library_tells_its_template_only(lines: io.StringIO) -> None:
    logging.getLogger("somebody").warning("cannot read %s", NAME)
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: <Task exception={NAME}>")
    assert [line["event"] for line in told(lines)] == ["cannot read %s", "Task exception was never retrieved"]


def test_what_libraries_log_at_debug_never_leaves(lines: io.StringIO) -> None:
    logs.start_logging("intake", "one", "DEBUG", lines)
    logging.getLogger("aiokafka.conn").debug("Request %s", NAME)
    logging.getLogger("pymongo.command").debug(NAME)
    logging.getLogger("uvicorn.access").info("GET /?%s", NAME)
    assert lines.getvalue() == ""


def test_a_line_that_cannot_be_written_does_not_print_its_arguments(
    lines: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.root.handlers = logging.root.handlers[:1]  # pytest's own handlers would print them
    logging.getLogger("aiokafka.client").warning("%d records", NAME)
    assert told(lines) == [{"level": "error", "event": "line-failed", "logger": "aiokafka.client"}]
    assert capsys.readouterr().err == ""


def test_a_library_that_repeats_itself_speaks_once_in_ten_seconds() -> None:
    now = [100.0]
    quiet = logs.Quiet(clock=lambda: now[0])
    record = logging.LogRecord("aiokafka.client", logging.WARNING, "", 0, "no answer from %s", ("a",), None)
    assert [quiet.filter(record) for _ in range(3)] == [True, False, False]
    now[0] += 10
    assert quiet.filter(record)
    assert record.__dict__["repeated"] == 2


def test_a_line_of_ours_is_never_silenced() -> None:
    quiet = logs.Quiet()
    record = logging.LogRecord("services.intake.app", logging.ERROR, "", 0, "record-set-aside", (), None)
    assert all(quiet.filter(record) for _ in range(3))


def test_the_memory_of_what_was_said_is_bounded() -> None:
    quiet = logs.Quiet()
    for n in range(2 * logs.MOST_REMEMBERED):
        quiet.filter(logging.LogRecord("aiokafka", logging.WARNING, "", 0, f"line {n}", (), None))
    assert len(quiet._said) == logs.MOST_REMEMBERED


def test_settings_are_announced_masked(lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAIS_KAFKAA", NAME)
    settings = ServerSettings.model_construct(kafka=["127.0.0.1:9092"])
    logs.announce(settings)
    (line,) = told(lines)
    assert line["settings"]["kafka"] == "127.0.0.1:9092"
    assert "RELAIS_KAFKAA" in line["unread"]
    assert "Lacanary" not in lines.getvalue()


@pytest.mark.parametrize("trial", [True, False])
def test_a_trial_is_said_at_the_start(lines: io.StringIO, trial: bool) -> None:
    logs.announce(ServerSettings.model_construct(kafka=["127.0.0.1:9092"], trial=trial))
    assert [line["event"] for line in told(lines)] == ["settings", *["trial-without-real-data-only"] * trial]
