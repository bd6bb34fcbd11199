"""Every number that is watched, in one place: add it here first, then count.

No label ever holds an id or anything from a report. Labels whose values are closed lists are born at 0, since an
increase from nothing to one raises no alarm.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Generic, TypeVar, cast
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector, start_http_server

from shared.addresses import listening
from shared.contracts.vocabulary import SetAsideReason

M = TypeVar("M", Counter, Gauge, Histogram)


@dataclass(frozen=True, eq=False)
class Measure(Generic[M]):
    """One number that an operator watches: its kind, its name, what it tells, the closed lists of its labels.

    `is_open`: only the combinations of labels exist that somebody counts.
    """

    kind: type[M]
    name: str
    help: str
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_open: bool = False


RECORD_OUTCOMES = ("done", "ignored", "erased", "waiting", "set-aside")
SET_ASIDE_REASONS = tuple(reason.value for reason in SetAsideReason)

RECORDS = Measure(
    Counter, "relais_records", "Records that arrived, by what became of them", {"outcome": RECORD_OUTCOMES}
)
INBOX_REPEATS = Measure(Counter, "relais_inbox_repeats", "Records that had been taken before and were dropped")
SET_ASIDE = Measure(
    Counter, "relais_set_aside", "Records set aside: each may be a person lost", {"reason": SET_ASIDE_REASONS}
)
UNDECIDED = Measure(Gauge, "relais_set_aside_undecided", "Set-aside records that nobody has replayed or discarded yet")
SET_ASIDE_OLDEST_SECONDS = Measure(
    Gauge, "relais_set_aside_oldest_seconds", "How long the oldest undecided record has been set aside"
)
WAITING = Measure(Gauge, "relais_waiting", "Records that wait behind a set-aside or missing one")
WAITING_OLDEST_SECONDS = Measure(
    Gauge, "relais_waiting_oldest_seconds", "How long the oldest of them has waited: over 60 s an event may be missing"
)
LANE_RETRIES = Measure(Counter, "relais_lane_retries", "Times that a lane stopped because infrastructure was away")
READ_LAG = Measure(
    Gauge,
    "relais_read_lag_records",
    "Records of this process's partitions that Kafka holds beyond the committed positions, at the reader's isolation",
)
READ_STALLED_SECONDS = Measure(
    Gauge,
    "relais_read_stalled_seconds",
    "How long a partition has had records to read while its committed position stood still: over 60 s not ready",
)
READ_GAPS = Measure(
    Counter,
    "relais_read_gaps",
    "Times that a reader's position was not where its last records ended: it went back (`skipped`), records were gone "
    "before they were read (`lost`), or the topic had been made anew (`reset`)",
    {"kind": ("skipped", "lost", "reset")},
)
GROUP_LABELS = {
    "group": ("intake", "referral", "notification", "audit (by itself)"),
    "topic": ("each topic that the group reads",),
}
GROUP_LAG = Measure(
    Gauge,
    "relais_group_lag_records",
    "Records of a topic that a service's group has not committed, asked of Kafka by every service that lives",
    GROUP_LABELS,
    is_open=True,
)
GROUP_COMMITTED = Measure(
    Gauge,
    "relais_group_committed_offset",
    "Sum of the offsets that a service's group has committed on a topic: where it stands still, nobody reads",
    GROUP_LABELS,
    is_open=True,
)
BATCH_SECONDS = Measure(Histogram, "relais_batch_seconds", "Time in which a batch was decided, saved and sent")
HALTS = Measure(
    Counter,
    "relais_processing_halts",
    "Times that records were left unhandled because our own code fails on too many of them",
)
OUTBOX_PENDING = Measure(Gauge, "relais_outbox_pending", "Events decided and not yet acknowledged by Kafka")
OUTBOX_OLDEST_SECONDS = Measure(Gauge, "relais_outbox_oldest_seconds", "Age of the oldest event not yet acknowledged")
OUTBOX_SENT = Measure(Counter, "relais_outbox_sent", "Events acknowledged by Kafka")
OUTBOX_SENT_AGAIN = Measure(
    Counter,
    "relais_outbox_sent_again",
    "Events sent that may have been sent before, by a process that died or in an attempt without an answer",
)
NOTICES = Measure(
    Counter,
    "relais_notices",
    "Notices by channel and by how their sending ended",
    {
        "channel": ("email", "sms", "web-push", "webhook"),
        "outcome": ("sent", "delivered", "bounced", "failed", "unknown"),
    },
)
NOTICE_SECONDS = Measure(
    Histogram, "relais_notice_seconds", "From the event that owes a notice to its being handed over"
)
NOTICES_OLDEST_SECONDS = Measure(Gauge, "relais_notices_oldest_seconds", "Age of the oldest notice owed and unsent")
OLDEST_UNASSIGNED_SECONDS = Measure(
    Gauge, "relais_oldest_unassigned_seconds", "How long the person who waits longest has had no social worker"
)
LOG_SIZE = Measure(Gauge, "relais_log_size", "Entries in the transparency log")
LOG_WRITER = Measure(Gauge, "relais_log_writer", "1 where this process writes the log, 0 where it stands by")
LOG_WITNESSED = Measure(Gauge, "relais_log_witnessed_size", "Entries that every witness has cosigned")
LOG_ALARMS = Measure(
    Counter,
    "relais_log_alarms",
    "Entries that tell of a record unreadable, contradicting or lost, of a topic made anew, of events missing",
    {"kind": ("unreadable", "unreadable-report", "conflict", "gap", "reset", "missing")},
)
LOG_UNCLOSED_SECONDS = Measure(
    Gauge,
    "relais_log_unclosed_seconds",
    "Since the end of the oldest day of which a service has not said which events it has said in it",
)
TASKS = (
    "ask-witnesses",
    "claim-deadlines",
    "claim-exports",
    "claim-notices-email",
    "claim-notices-sms",
    "claim-notices-web-push",
    "claim-notices-webhook",
    "claim-reports",
    "close-days",
    "compare-days",
    "publish-years",
    "erase-cases",
    "follow-up",
    "forget-addresses",
    "forget-sent",
    "measure-backlog",
    "measure-lag",
    "measure-notices",
    "measure-unassigned",
    "publish-presences",
    "read-keys",
    "read-masters",
    "reassign-absent",
    "release-waiting",
    "send-unsent",
    "watch-access",
)
"""The jobs that services repeat. Each service has its own of them."""
TASK_LAST_SUCCESS = Measure(
    Gauge,
    "relais_task_last_success_timestamp_seconds",
    "When a periodic job last succeeded; before that, when it started",
    {"task": TASKS},
    is_open=True,
)
TASK_FAILURES = Measure(Counter, "relais_task_failures", "Failures of a periodic job", {"task": TASKS}, is_open=True)
TASK_FAILING_SECONDS = Measure(
    Gauge,
    "relais_task_failing_seconds",
    "How long a periodic job has failed or hung; 0 while it succeeds",
    {"task": TASKS},
    is_open=True,
)
TASK_ITEM_FAILURES = Measure(
    Counter,
    "relais_task_item_failures",
    "Failures of single items of a job that acts on what falls due",
    {"task": TASKS},
    is_open=True,
)
WHAT_FOLLOWS = {"what": ("accepted-report", "opened-case", "owed-immediate-notice", "owed-notice")}
UNFOLLOWED = Measure(
    Gauge,
    "relais_unfollowed",
    "What the log says was said and nothing has followed in time: reports without a case, cases without anybody, "
    "notices owed and neither sent nor failed",
    WHAT_FOLLOWS,
)
UNFOLLOWED_OLDEST_SECONDS = Measure(
    Gauge, "relais_unfollowed_oldest_seconds", "Since when the oldest of them has waited", WHAT_FOLLOWS
)
HTTP_REQUESTS = Measure(
    Counter,
    "relais_http_requests",
    "Requests at the HTTP door",
    {"method": ("GET", "POST", "other"), "status": ("2xx", "3xx", "4xx", "5xx")},
)
HTTP_SECONDS = Measure(Histogram, "relais_http_seconds", "Time to answer a request at the HTTP door")

MEASURES: tuple[Measure[Any], ...] = tuple(each for each in globals().values() if isinstance(each, Measure))


class Metrics:
    """The numbers of one service instance, in a registry of its own: `metrics[SET_ASIDE].labels(reason).inc()`."""

    def __init__(self, service: str) -> None:
        self.registry = _ServiceRegistry(service)
        self._built = {measure: _build(measure, self.registry) for measure in MEASURES}
        ProcessCollector(registry=self.registry)

    def __getitem__(self, measure: Measure[M]) -> M:
        return cast("M", self._built[measure])


@dataclass(frozen=True)
class MetricsServer:
    """The page `/metrics` on a port of its own, so that no door for people or stations can show it."""

    port: int
    _server: WSGIServer
    _thread: threading.Thread

    def close(self) -> None:
        """Answer nobody any more and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve_metrics(metrics: Metrics, host: str, port: int) -> MetricsServer:
    """Serve the numbers to Prometheus; port 0 takes any free one. Raises `CannotListen`."""
    with listening("RELAIS_METRICS_PORT", host, port):
        server, thread = start_http_server(port, host, metrics.registry)
    return MetricsServer(server.server_port, server, thread)


class _ServiceRegistry(CollectorRegistry):
    """Names the service on every sample, so that a rule works whatever the scraping job is called."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def collect(self) -> Iterable[Metric]:
        for metric in super().collect():
            metric.samples = [
                sample._replace(labels={"service": self._service, **sample.labels})
                for sample in metric.samples
                if not sample.name.endswith("_created")
            ]
            yield metric


def _build(measure: Measure[Any], registry: CollectorRegistry) -> Any:
    built = measure.kind(measure.name, measure.help, tuple(measure.labels), registry=registry)
    if measure.labels and not measure.is_open:
        for values in product(*measure.labels.values()):
            built.labels(*values)
    return built
