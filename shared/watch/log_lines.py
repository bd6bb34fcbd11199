"""What may stand in a log line: known keys, and values that are codes, ids, places or numbers. All else is withheld."""

import re
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from opentelemetry import trace
from structlog.tracebacks import Trace, extract
from structlog.typing import EventDict

OURS = ("shared", "services", "cli", "deploy", "tests", "__main__")
EVENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CODE = re.compile(r"[A-Za-z0-9._:/,+<>{}-]{0,200}")
WITH_ARGUMENTS = ("aiokafka", "pymongo", "uvicorn")
"""Libraries whose lines name servers, topics and groups, and at the levels we let through quote no record."""
_WHEN = ("at", "level", "event", "logger", "service", "instance")
_WHICH = ("event_id", "causation_id", "case_id", "report_id", "trace_id", "set_aside_id", "notice_id", "key_id")
_WHERE = ("topic", "partition", "offset", "group", "integrator", "station", "aggregate", "origin", "database", "server")
_WHAT = ("type", "what", "step", "reason", "outcome", "state", "repeated", "settings", "unread")
_WHY = ("error", "code", "errno", "failure")
_HOW_MUCH = ("attempt", "count", "records", "bytes", "size", "seconds", "sequence", "expected", "port", "version")
_AT_THE_DOOR = ("method", "route", "status", "role")
KEYS = frozenset((*_WHEN, *_WHICH, *_WHERE, *_WHAT, *_WHY, *_HOW_MUCH, *_AT_THE_DOOR))


class Shown(dict[str, str]):
    """Text that was made to be read by an operator, such as masked settings."""


def name_event(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Our own lines are named by a constant; a text that was built from something is withheld."""
    if str(line.get("logger")).split(".")[0] in OURS and not EVENT.fullmatch(str(line["event"])):
        return {**line, "event": "line-without-a-name", "text": None}
    return line


def tell_library_text(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """A library's line: its first sentence, since what follows may quote what it was handling."""
    arguments = line.pop("positional_args", None)
    text, library = str(line["event"]).split("\n")[0], str(line.get("logger")).split(".")[0]
    if isinstance(arguments, tuple) and arguments and library in WITH_ARGUMENTS:
        text = text % tuple(_argument(each) for each in arguments)
    elif library not in OURS:
        text = text.split(":")[0]
    return {**line, "event": text}


def tell_extra(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """FastStream hands over its context as one member; its parts are judged one by one."""
    extra = line.pop("extra", None)
    return {**extra, **line} if isinstance(extra, dict) else line


def tell_trace(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """The trace that this line belongs to."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line.setdefault("trace_id", trace.format_trace_id(context.trace_id))
    return line


def tell_failure(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """What failed and where: types, files and lines, without the exception's text and without local variables."""
    given = line.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given if isinstance(given, BaseException) else None
    error = error or (sys.exc_info()[1] if given else None)
    if error is not None:
        line["failure"] = list(_steps(extract(type(error), error, error.__traceback__)))
    return line


def keep_known(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Drop each member that no rule lets through, and name it, so that its author notices."""
    kept: EventDict = {key: _plain(value) for key, value in line.items() if may_stand(key, value)}
    dropped = sorted(key if EVENT.fullmatch(key.replace("_", "-")) else "unnamed" for key in line.keys() - kept.keys())
    return {**kept, "dropped": dropped} if dropped else kept


def may_stand(key: str, value: object) -> bool:
    """Whether this member says nothing about anybody: it is known, and its value a code, an id, a place, a number."""
    return key in KEYS and (key in ("event", "failure") or isinstance(value, Shown) or _is_harmless(value))


def _is_harmless(value: object) -> bool:
    if isinstance(value, list | tuple):
        return len(value) <= 50 and all(_is_harmless(each) for each in value)
    if isinstance(value, str):
        return CODE.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float | UUID | datetime)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | str) else value


def _argument(value: object) -> object:
    if isinstance(value, BaseException):
        return type(value).__name__
    return value.__name__ if isinstance(value, type) else value


def _steps(told: Trace) -> Iterator[dict[str, Any]]:
    for stack in told.stacks:
        frames = [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in stack.frames]
        yield {"type": stack.exc_type, "at": frames}
        for member in stack.exceptions:
            yield from _steps(member)
