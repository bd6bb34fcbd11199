"""Spans go to a receiver that speaks OTLP, and one that is away costs neither an error nor an ending."""

import gzip
import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from threading import enumerate as enumerate_threads

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from shared.watch import traces
from shared.watch.otlp import SAID_AGAIN_AFTER, Quiet
from shared.watch.traces import start_tracing

NAME = "Zoé Lacanary"


class Receiver(ThreadingHTTPServer):
    """Takes what an OpenTelemetry Collector would take."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[ExportTraceServiceRequest] = []
        self.encodings: set[str | None] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.encodings.add(self.headers["content-encoding"])
        self.server.taken.append(ExportTraceServiceRequest.FromString(gzip.decompress(body)))
        self.send_response(200 if self.path == "/v1/traces" else 404)
        self.send_header("content-type", "application/x-protobuf")
        self.end_headers()
        self.wfile.write(ExportTraceServiceResponse().SerializeToString())

    def log_message(self, format: str, *args: object) -> None:  # its parent's name
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_receiver_gets_every_span_with_its_parent_and_its_service(receiver: Receiver) -> None:
    tracing = start_tracing("intake", "intake-1", otlp_endpoint=receiver.address)
    for _ in range(700):
        with tracing.hop("answer", "request"), tracing.hop("decide", NAME, case_id=NAME):
            pass
    tracing.close()
    groups = [group for each in receiver.taken for group in each.resource_spans]
    spans = [span for group in groups for scope in group.scope_spans for span in scope.spans]
    services = {kv.value.string_value for g in groups for kv in g.resource.attributes if kv.key == "service.name"}
    assert (len(spans), services, receiver.encodings) == (1400, {"intake"}, {"gzip"})
    ids = {span.span_id: span for span in spans}
    assert all(ids[span.parent_span_id].trace_id == span.trace_id for span in spans if span.parent_span_id)
    assert "Lacanary" not in str(receiver.taken)


@pytest.mark.parametrize("more", ["", "/", "/v1/traces", "/v1/traces/"])
def test_the_address_may_be_the_receivers_or_that_of_its_traces(receiver: Receiver, more: str) -> None:
    tracing = start_tracing("intake", "intake-1", otlp_endpoint=receiver.address + more)
    with capture_logs() as lines, tracing.hop("answer", "request"):
        pass
    tracing.close()
    assert (len(receiver.taken), lines) == (1, [])


def test_a_receiver_that_nobody_serves_costs_one_line_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with capture_logs() as lines:
            tracing = start_tracing("intake", "intake-1", otlp_endpoint=f"http://127.0.0.1:{port}")
            with tracing.hop("answer", "request"):
                pass
            tracing.close()
    assert [line["event"] for line in lines] == ["spans-not-sent"]
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_a_receiver_that_never_answers_holds_no_service_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "CLOSE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, capture_logs():
        tracing = start_tracing("intake", "one", otlp_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with tracing.hop("answer", "request"):
            pass
        tracing.close()
        [ending] = [thread for thread in enumerate_threads() if thread.name == "close-traces"]
        assert ending.is_alive() and ending.daemon
    ending.join()


class Refusing(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.FAILURE


def test_what_was_lost_is_said_once_a_minute_with_its_number() -> None:
    now = 0.0
    quiet, one = Quiet(Refusing(), lambda: now), [ReadableSpan("span")]
    with capture_logs() as lines:
        for _ in range(5):
            quiet.export(one)
        now = SAID_AGAIN_AFTER
        quiet.export(one)
    assert [(line["event"], line["count"]) for line in lines] == [("spans-not-sent", 1), ("spans-not-sent", 5)]
