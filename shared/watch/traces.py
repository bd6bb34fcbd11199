"""One trace from a station's report to the notice that it caused, over every hop."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from re import compile as pattern
from secrets import token_hex
from threading import Thread
from typing import Literal, TextIO
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.watch.log_lines import may_stand

Step = Literal["answer", "decide", "tick", "send", "append", "run", "command"]
ROOTS: frozenset[Step] = frozenset({"answer", "decide", "append", "run", "command"})
"""Steps with which a trace may begin; what these and the others are stands in docs/traces.md."""
KINDS: Mapping[Step, SpanKind] = {"answer": SpanKind.SERVER, "send": SpanKind.CLIENT}
"""How a step looks to tools that read traces; all others are internal."""
CLOSE_SECONDS = 3.0
"""How long the end of a service waits for its last spans to be written and sent."""
WHAT = pattern(r"[a-z0-9.-]{1,80}")
TRACEPARENT = pattern(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
Links = Iterable[str | None]
W3C = TraceContextTextMapPropagator()


class Tracing:
    """The spans of one service instance. Without a file or a receiver they are numbered and passed on, but not kept."""

    def __init__(self, provider: TracerProvider, file: TextIO | None = None, *, are_kept: bool = False) -> None:
        self._provider, self._file, self._are_kept = provider, file, are_kept
        self._tracer = provider.get_tracer("relais")

    @contextmanager
    def hop(
        self, step: Step, what: str, *, parent: str | None = None, links: Links = (), **ids: UUID | str | int
    ) -> Iterator[Span]:
        """One step of a journey, named by its step and the type or route that it handles.

        `parent` is the `traceparent` of our own event or row, else what is going on now; `links` are those of a station
        or browser, which must not decide how our traces are joined, or of others for whom the same is done. `ids` obey
        the same rule as log lines.
        """
        with self._tracer.start_as_current_span(
            f"{step} {what if WHAT.fullmatch(what) else 'unknown'}",
            context=_context(parent) if parent else None,
            kind=KINDS.get(step, SpanKind.INTERNAL),
            links=[Link(each) for each in map(_span_context, links) if each.is_valid],
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
        self, step: Step, what: str, *, parent: str | None = None, links: Links = (), **ids: UUID | str | int
    ) -> str:
        """The `traceparent` of whatever follows from a record; parameters as for `hop`.

        Where spans are not kept the trace is only passed on, or begun: a span a record would cost a tenth of its time.
        """
        if not self._are_kept:
            known = parent if parent and TRACEPARENT.fullmatch(parent) else traceparent_now()
            return known or f"00-{token_hex(16)}-{token_hex(8)}-00"
        with self.hop(step, what, parent=parent, links=links, **ids):
            return traceparent_now() or ""

    def close(self) -> None:
        """Write and send what is left, for three seconds at most: a receiver that is away keeps nobody waiting."""
        ending = Thread(target=self._provider.shutdown, name="close-traces", daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)
        if self._file:
            self._file.close()


def start_tracing(
    service: str, instance: str, trace_file: Path | None = None, otlp_endpoint: str | None = None
) -> Tracing:
    """Number the spans of this service instance.

    Finished ones are added to a file, one JSON a line, and sent by OTLP to a receiver, whichever of them is named.
    """
    are_kept = trace_file is not None or otlp_endpoint is not None
    provider = TracerProvider(
        sampler=ALWAYS_ON if are_kept else ALWAYS_OFF,
        resource=Resource.create({"service.name": service, "service.instance.id": instance}),
        shutdown_on_exit=False,
    )
    # Line by line, so that services may share a file.
    file = trace_file.open("a", buffering=1, encoding="utf-8") if trace_file else None
    if file:
        exporter = ConsoleSpanExporter(out=file, formatter=_line)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    if otlp_endpoint:
        from shared.watch.otlp import otlp_processor  # noqa: PLC0415 # 0.3 s and 7 MB, for those who want it

        provider.add_span_processor(otlp_processor(otlp_endpoint))
    return Tracing(provider, file, are_kept=are_kept)


def traceparent_now() -> str | None:
    """What is going on now, as the header or outbox row that lets the next hop join the trace."""
    carrier: dict[str, str] = {}
    W3C.inject(carrier)
    return carrier.get("traceparent")


def _context(traceparent: str) -> Context:
    return W3C.extract({"traceparent": traceparent}, Context())


def _span_context(traceparent: str | None) -> SpanContext:
    return trace.get_current_span(_context(traceparent or "")).get_span_context()


def _line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"
