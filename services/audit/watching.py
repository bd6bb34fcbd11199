"""What an operator sees of the log: how long it is, and every line that an auditor should hear about at once."""

from collections.abc import Callable

import structlog

from services.audit.domain.leaf import ALARMING, Kind
from services.audit.domain.reading import is_from_stations
from services.audit.domain.repeats import Sorted
from shared.watch.metrics import INBOX_REPEATS, LOG_ALARMS, LOG_SIZE, RECORDS, Metrics

log = structlog.get_logger()


def telling(metrics: Metrics) -> Callable[[Sorted, int], None]:
    """Counts a batch that is in the log, and raises the alarm for what was unreadable, contradicting or lost."""

    def tell(batch: Sorted, size: int) -> None:
        metrics[LOG_SIZE].set(size)
        metrics[INBOX_REPEATS].inc(batch.repeats)
        metrics[RECORDS].labels("done").inc(sum(line.leaf.src is not None for line in batch.lines))
        for line in batch.lines:
            if line.leaf.kind in ALARMING and line.leaf.src:
                topic, partition, offset = line.leaf.src
                reason = alarm_of(line.leaf.kind, topic)
                metrics[LOG_ALARMS].labels(reason).inc()
                log.error("log-alarm", reason=reason, topic=topic, partition=partition, offset=offset)

    return tell


def alarm_of(kind: Kind, topic: str) -> str:
    """Under which kind an alarm is counted: that a station's record is no event contradicts nothing of ours."""
    return "unreadable-report" if kind == "unreadable" and is_from_stations(topic) else kind
