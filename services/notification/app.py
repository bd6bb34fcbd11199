"""Builds notification from its parts, and runs it."""

from contextlib import AsyncExitStack

from services.notification.devices import device_pages
from services.notification.handlers import book
from services.notification.http import notice_doors
from services.notification.migrations import MIGRATIONS
from services.notification.sender import adapters_of, sending
from services.notification.settings import NotificationSettings
from services.notification.store import counting_notices, forgetting_addresses, measuring_notices
from shared.contracts.topics import RELAIS_CASES
from shared.delivery.backlog import knowing_backlog
from shared.delivery.broker import Subscription
from shared.delivery.opening import named, open_delivery, reading
from shared.delivery.periodic import EVERY_HOUR, MEASURED_EVERY, PeriodicTask
from shared.delivery.process import beside, stopping
from shared.delivery.relais_door import RelaisDoor
from shared.watch.health import database_answers
from shared.watch.metrics import Metrics, serve_metrics
from shared.web.answering import answering
from shared.web.set_aside import set_aside_doors


async def run(settings: NotificationSettings) -> None:
    """Run until SIGTERM or SIGINT; what is in flight then ends and is committed."""
    metrics = Metrics(settings.service)
    async with AsyncExitStack() as stack:
        delivery = await stack.enter_async_context(open_delivery(settings, settings.compartments, MIGRATIONS, metrics))
        delivery.after_commit.append(counting_notices(metrics))
        stack.callback(serve_metrics(metrics, settings.metrics_host, settings.metrics_port).close)
        door = RelaisDoor(book, delivery.vault)
        reader, set_aside = await stack.enter_async_context(
            reading(settings, delivery, book, lambda _topic: door, _subscription(settings), metrics=metrics)
        )
        checks = {
            "database": database_answers(delivery.database),
            **reader.checks(),
            "tasks": delivery.tasks.are_done,
        }
        vapid = settings.vapid()
        pages = device_pages(vapid.public_key if vapid else None)
        doors = set_aside_doors(set_aside), notice_doors(delivery, settings.reports()), pages
        await stack.enter_async_context(answering(settings, metrics, delivery.tracing, checks, *doors))
        tasks = delivery.tasks
        waits = PeriodicTask(tasks, "measure-notices", measuring_notices(delivery.database, metrics), MEASURED_EVERY)
        forgetting = PeriodicTask(tasks, "forget-addresses", forgetting_addresses(delivery.database), EVERY_HOUR)
        backlog = await stack.enter_async_context(knowing_backlog(settings, _subscription(settings)))
        adapters = adapters_of(settings)
        for adapter in adapters.values():
            stack.push_async_callback(adapter.close)
        with stopping() as stop:
            async with beside(
                *(rows.run() for rows in sending(delivery, settings, adapters, backlog)), waits.run(), forgetting.run()
            ):
                await stop.wait()


def _subscription(settings: NotificationSettings) -> Subscription:
    return Subscription(
        group=named(settings, settings.service, "."),
        instance=settings.instance,
        topics=[named(settings, RELAIS_CASES.name, ".")],
        meeting=True,
    )
