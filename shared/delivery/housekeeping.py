"""The periodic jobs of every service."""

from shared.delivery.days import Days
from shared.delivery.delivery import Delivery
from shared.delivery.periodic import EVERY_HOUR, HALF_A_MINUTE, PeriodicTask
from shared.delivery.watching import measuring
from shared.watch.metrics import Metrics


def housekeeping(delivery: Delivery, metrics: Metrics) -> list[PeriodicTask]:
    """Send what stayed unsent, measure what is left to do, close days, and delete old rows."""
    tasks = delivery.tasks
    return [
        PeriodicTask(tasks, "send-unsent", delivery.outbox.sweep),
        PeriodicTask(tasks, "measure-backlog", measuring(delivery.database, metrics)),
        PeriodicTask(tasks, "close-days", Days(delivery).close, HALF_A_MINUTE),
        PeriodicTask(tasks, "forget-sent", delivery.outbox.forget_sent, EVERY_HOUR),
    ]
