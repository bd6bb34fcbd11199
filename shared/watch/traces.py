"""One trace from a station's record to the notice that it caused, over every hop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from re import compile as pattern
from secrets import token_hex
from typing import Literal, TextIO
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import Link, Span, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.watch.log_lines import may_stand

Step = Literal["take", "decide", "publish", "answer", "tick", "send", "append"]
WHAT = pattern(r"[a-z0-9.-]{1,80}")
TRACEPARENT = pattern(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
W3C = TraceContextTextMapPropagator()


class Tracing:
    """The spans of one service instance. Without a file they are numbered and passed on, but not kept."""

    def __init__(self, provider: TracerProvider, file: TextIO | None = None) -> None:
        self._provider, self._file = provider, file
        self._tracer = provider.get_tracer("relais")

    @contextmanager
    def hop(
        self, step: Step, what: str, *, parent: str | None = None, link: str | None = None, **ids: UUID | str | int
    ) -> Iterator[Span]:
        """One step of a journey, named by its step and the type or route that it handles.

        `parent` is the `traceparent` of our own event or row, else what is going on now; `link` is that of a station
        or browser, which must not decide how our traces are joined. `ids` obey the same rule as log lines.
        """
        with self._tracer.start_as_current_span(
            f"{step} {what if WHAT.fullmatch(what) else 'unknown'}",
            context=_context(parent) if parent else None,
            links=_links(link),
            attributes={f"relais.{key}": str(value) for key, value in ids.items() if may_stand(key, value)},
            record_exception=False,  # its text may carry what was being handled
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def follow(
        self, step: Step, what: str, *, parent: str | None = None, link: str | None = None, **ids: UUID | str | int
    ) -> str:
        """The `traceparent` of whatever follows from a record; parameters as for `hop`.

        Where spans are not kept the trace is only passed on, or begun: a span a record would cost a tenth of its time.
        """
        if self._file is None:
            known = parent if parent and TRACEPARENT.fullmatch(parent) else None
            return known or f"00-{token_hex(16)}-{token_hex(8)}-00"
        with self.hop(step, what, parent=parent, link=link, **ids):
            return traceparent_now() or ""

    def close(self) -> None:
        """Write what is left."""
        self._provider.shutdown()
        if self._file:
            self._file.close()


def start_tracing(service: str, instance: str, trace_file: Path | None = None) -> Tracing:
    """Number the spans of this service instance, and add finished ones to a file, one JSON a line, if it is named."""
    provider = TracerProvider(
        sampler=ALWAYS_ON if trace_file else ALWAYS_OFF,
        resource=Resource.create({"service.name": service, "service.instance.id": instance}),
        shutdown_on_exit=False,
    )
    # Line by line, so that services may share a file.
    file = trace_file.open("a", buffering=1, encoding="utf-8") if trace_file else None
    if file:
        exporter = ConsoleSpanExporter(out=file, formatter=_line)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    return Tracing(provider, file)


def traceparent_now() -> str | None:
    """What is going on now, as the header or outbox row that lets the next hop join the trace."""
    carrier: dict[str, str] = {}
    W3C.inject(carrier)
    return carrier.get("traceparent")


def _context(traceparent: str) -> Context:
    return W3C.extract({"traceparent": traceparent}, Context())


def _links(traceparent: str | None) -> list[Link]:
    linked = trace.get_current_span(_context(traceparent or "")).get_span_context()
    return [Link(linked)] if linked.is_valid else []


def _line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"
