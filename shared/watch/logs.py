"""JSON logs that an operator can follow by event, case and trace, and that say nothing about anybody."""

import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TextIO
from uuid import UUID

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict

from shared.settings import ServerSettings, unread_variables
from shared.watch import log_lines

QUIET_SECONDS = 10.0
MOST_REMEMBERED = 256
QUIETER = {
    "aiokafka": logging.INFO,
    "faststream": logging.WARNING,
    "pymongo": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
}
"""Below these levels libraries log what they carry: records, requests, documents, addresses with their queries."""

log = structlog.get_logger()


def start_logging(service: str, instance: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Let every line of this process, a library's too, leave as one checked JSON object."""
    handler = _Handler(stream or sys.stdout)
    handler.setFormatter(_formatter(service, instance))
    handler.addFilter(Quiet())
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
    _take_over_libraries()
    for name, least in QUIETER.items():
        logging.getLogger(name).setLevel(max(least, logging.root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    sys.excepthook = lambda kind, error, trace: log.critical("ended-by-failure", exc_info=(kind, error, trace))
    sys.unraisablehook = lambda what: log.error("failure-while-cleaning-up", exc_info=what.exc_value)


def announce(settings: ServerSettings) -> None:
    """What this process was told, secrets masked, and which `RELAIS_…` variables it does not know."""
    log.info("settings", settings=log_lines.Shown(settings.masked()), unread=unread_variables(type(settings)))
    if settings.trial:
        log.warning("trial-without-real-data-only")


def about(**ids: UUID | str | None) -> AbstractContextManager[None]:
    """Every line within names these ids: `event_id`, `case_id`, `report_id`, `trace_id`."""
    return structlog.contextvars.bound_contextvars(**{key: str(value) for key, value in ids.items() if value})


class Quiet(logging.Filter):
    """Lets a library that repeats itself, as a client does whose server is away, speak once in ten seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is said; the first after a silence tells how many were not."""
        if record.name.split(".")[0] in log_lines.OURS or record.levelno < logging.WARNING:
            return True
        what = (record.name, str(record.msg["event"] if isinstance(record.msg, dict) else record.msg))
        said_at, unsaid = self._said.get(what, (-QUIET_SECONDS, 0))
        now = self._clock()
        if now - said_at < QUIET_SECONDS:
            self._said[what] = (said_at, unsaid + 1)
            return False
        self._remember(what, now)
        record.repeated = unsaid
        return True

    def _remember(self, what: tuple[str, str], now: float) -> None:
        self._said[what] = (now, 0)
        self._said.move_to_end(what)
        if len(self._said) > MOST_REMEMBERED:
            self._said.popitem(last=False)


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 # logging's own name
        """Python would print the line's arguments; a failed line names only who tried to speak."""
        self.stream.write(f'{{"level":"error","event":"line-failed","logger":"{record.name}"}}\n')


def _take_over_libraries() -> None:
    """FastStream and uvicorn bring handlers of their own, which would print unchecked lines beside ours."""
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers, logger.propagate = [], True


def _formatter(service: str, instance: str) -> ProcessorFormatter:
    def tell_who(_logger: Any, _method: str, line: EventDict) -> EventDict:
        if unsaid := getattr(line["_record"], "repeated", 0):
            line["repeated"] = unsaid
        return {**line, "service": service, "instance": instance}

    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
        ],
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            tell_who,
            ProcessorFormatter.remove_processors_meta,
            log_lines.tell_library_text,
            log_lines.name_event,
            log_lines.tell_extra,
            log_lines.tell_trace,
            log_lines.tell_failure,
            log_lines.keep_known,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
        use_get_message=False,
        pass_foreign_args=True,
    )


def _to_json(line: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(line).decode()
