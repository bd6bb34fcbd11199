"""The periodic jobs of every service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.delivery import group_lag
from shared.delivery.days import Days
from shared.delivery.delivery import Delivery
from shared.delivery.periodic import EVERY_HOUR, EVERY_MINUTE, HALF_A_MINUTE, MEASURED_EVERY, PeriodicTask
from shared.delivery.watching import measuring
from shared.settings import ServerSettings
from shared.watch.metrics import Metrics


@asynccontextmanager
async def housekeeping(
    settings: ServerSettings, delivery: Delivery, metrics: Metrics, reached: group_lag.Reached | None = None
) -> AsyncIterator[list[PeriodicTask]]:
    """Yield the jobs that send what stayed unsent, measure, close days, take up masters, and delete old rows."""
    tasks = delivery.tasks

    async def read_masters() -> None:
        delivery.vault.take_masters()

    async with group_lag.group_lag(settings, metrics, reached) as lag:
        yield [
            PeriodicTask(tasks, "send-unsent", delivery.outbox.sweep),
            PeriodicTask(tasks, "measure-backlog", measuring(delivery.database, metrics), MEASURED_EVERY),
            PeriodicTask(tasks, "measure-lag", lag.measure, group_lag.EVERY_SECONDS),
            PeriodicTask(tasks, "close-days", Days(delivery).close, HALF_A_MINUTE),
            PeriodicTask(tasks, "read-masters", read_masters, EVERY_MINUTE),
            PeriodicTask(tasks, "forget-sent", delivery.outbox.forget_sent, EVERY_HOUR),
        ]
