"""Sends finished spans to a receiver by OTLP over HTTP, such as an OpenTelemetry Collector.

Certificates and headers are set by the exporter's own variables, `OTEL_EXPORTER_OTLP_CERTIFICATE` and its like.
"""

import logging
import time
from collections.abc import Callable, Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

TRACES = "/v1/traces"
TIMEOUT_SECONDS, SAID_AGAIN_AFTER = 2.0, 60.0

log = structlog.get_logger()


def otlp_processor(endpoint: str) -> BatchSpanProcessor:
    """Return what sends spans from a thread of its own, up to 512 at once; of those that wait it keeps 2 048."""
    # It names the receiver's address, in a line for every attempt.
    logging.getLogger(OTLPSpanExporter.__module__).disabled = True
    exporter = OTLPSpanExporter(
        endpoint=_address_of_traces(endpoint), compression=Compression.Gzip, timeout=TIMEOUT_SECONDS
    )
    return BatchSpanProcessor(Quiet(exporter), schedule_delay_millis=1000)


def _address_of_traces(endpoint: str) -> str:
    """Of a receiver's address; whoever gives that of its traces, as other exporters want it, means the same."""
    return f"{endpoint.rstrip('/').removesuffix(TRACES)}{TRACES}"


class Quiet(SpanExporter):
    """Says once a minute how many spans a receiver has not taken. They are lost: nothing waits for a trace."""

    def __init__(self, exporter: SpanExporter, now: Callable[[], float] = time.monotonic) -> None:
        self._exporter, self._now = exporter, now
        self._lost, self._quiet_until = 0, float("-inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand spans over."""
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._lost += len(spans)
            self._say()
        return result

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()

    def _say(self) -> None:
        if self._now() >= self._quiet_until:
            log.warning("spans-not-sent", count=self._lost)
            self._lost, self._quiet_until = 0, self._now() + SAID_AGAIN_AFTER
