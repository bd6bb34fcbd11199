"""What an operator sees of the log: how long it is, and every line that an auditor should hear about at once."""

from collections.abc import Callable

import structlog

from services.audit.domain.leaf import ALARMING
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
                metrics[LOG_ALARMS].labels(line.leaf.kind).inc()
                topic, partition, offset = line.leaf.src
                log.error("log-alarm", reason=line.leaf.kind, topic=topic, partition=partition, offset=offset)

    return tell
