"""Builds intake from its parts, and runs it."""

import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import cache, partial

from services.intake.door import REPORTS_TOPIC, Identifying, StationDoor
from services.intake.handlers import build_book
from services.intake.http.doors import report_doors
from services.intake.keeping import Keeper
from services.intake.keys import LOOKED_AT_EVERY, read_folder
from services.intake.migrations import MIGRATIONS
from services.intake.reception import Reception
from services.intake.settings import IntakeSettings
from services.intake.store import REPORTS
from shared.contracts.topics import RELAIS_STANDING
from shared.delivery.arrival import Door
from shared.delivery.broker import Subscription
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.lease import DueRows, Row
from shared.delivery.opening import named, open_delivery, reading
from shared.delivery.periodic import PeriodicTask
from shared.delivery.process import beside, stopping
from shared.delivery.relais_door import RelaisDoor
from shared.vault.sign import sign
from shared.watch.health import database_answers
from shared.watch.metrics import Metrics, serve_metrics
from shared.web.answering import answering
from shared.web.set_aside import set_aside_doors


async def run(settings: IntakeSettings) -> None:
    """Run until SIGTERM or SIGINT; what is in flight then ends and is committed."""
    metrics, ring = Metrics(settings.service), settings.ring()
    async with AsyncExitStack() as stack:
        delivery = await stack.enter_async_context(open_delivery(settings, settings.compartments, MIGRATIONS, metrics))
        stack.callback(serve_metrics(metrics, settings.metrics_host, settings.metrics_port).close)
        identifying, reception = _identifying(settings), Reception(partial(sign, ring=ring), Keeper(ring))
        book = build_book(reception)
        door_of = _doors(StationDoor(ring, identifying), RelaisDoor(book, delivery.vault))
        reader, set_aside = await stack.enter_async_context(
            reading(settings, delivery, book, door_of, _subscription(settings), metrics=metrics)
        )
        checks = {
            "database": database_answers(delivery.database),
            **reader.checks(),
            "tasks": delivery.tasks.are_done,
        }
        routers = *report_doors(delivery, ring, identifying, reception), set_aside_doors(set_aside)
        await stack.enter_async_context(answering(settings, metrics, delivery.tracing, checks, *routers))
        overdue = DueRows(delivery, REPORTS, partial(_set_aside_overdue, delivery, reception))
        keys = PeriodicTask(delivery.tasks, "read-keys", partial(read_folder, ring, settings.keys), LOOKED_AT_EVERY)
        with stopping() as stop:
            async with beside(overdue.run(), keys.run()):
                await stop.wait()


async def _set_aside_overdue(delivery: Delivery, reception: Reception, row: Row) -> None:
    case_id, parent = row["case_id"], row["kept"].get("trace")
    with delivery.tracing.hop("tick", REPORTS.name, parent=parent, case_id=case_id):
        cause = new_cause(delivery, case_id)
        await delivery.perform_due(cause, partial(reception.set_aside_overdue, row["_id"]), [(REPORTS, row["_id"])])


def _doors(stations: Door, ours: Door) -> Callable[[str], Door]:
    return lambda topic: stations if topic.startswith(REPORTS_TOPIC) else ours


def _subscription(settings: IntakeSettings) -> Subscription:
    reports, standing = (re.escape(named(settings, name, ".")) for name in (REPORTS_TOPIC, RELAIS_STANDING.name))
    return Subscription(
        group=named(settings, settings.service, "."),
        instance=settings.instance,
        pattern=f"^({reports}[a-z0-9-]+|{standing})$",
        read_committed=True,
    )


def _identifying(settings: IntakeSettings) -> Identifying:
    return Identifying(
        case_secret=settings.case_secret.get_secret_value().encode(),
        fingerprint_key=settings.fingerprint_secret.get_secret_value().encode(),
        person_key=settings.person_secret.get_secret_value().encode(),
        authid_of=cache(settings.authid_of),
    )
