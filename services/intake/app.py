"""Builds intake from its parts, and runs it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from services.intake.door import REPORTS_TOPIC, StationDoor
from services.intake.handlers import Secrets, book_of
from services.intake.http import report_doors
from services.intake.migrations import MIGRATIONS
from services.intake.settings import IntakeSettings
from shared.contracts.topics import RELAIS_STANDING
from shared.delivery.arrival import Door
from shared.delivery.broker import Subscription
from shared.delivery.delivery import Delivery
from shared.delivery.opening import named, open_delivery, reading
from shared.delivery.process import stopping
from shared.delivery.reader import Reader
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.set_aside import SetAside
from shared.vault import Compartment
from shared.vault.ring import Ring
from shared.vault.sign import sign
from shared.watch.health import Health, database_answers
from shared.watch.metrics import Metrics, serve_metrics
from shared.web.doors import Doors
from shared.web.front import build_front, serve
from shared.web.issuer import IssuerKeys, fetch_over
from shared.web.tokens import Tokens

COMPARTMENTS: tuple[Compartment, ...] = ("contact", "file", "set-aside")


async def run(settings: IntakeSettings) -> None:
    """Run until SIGTERM or SIGINT; what is in flight then ends and is committed."""
    metrics, ring = Metrics(settings.service), settings.ring()
    async with AsyncExitStack() as stack:
        delivery = await stack.enter_async_context(open_delivery(settings, COMPARTMENTS, MIGRATIONS, metrics))
        stack.callback(serve_metrics(metrics, settings.metrics_host, settings.metrics_port).close)
        reader = await stack.enter_async_context(_reading(settings, delivery, ring, metrics))
        await stack.enter_async_context(_answering(settings, delivery, reader, ring, metrics))
        with stopping() as stop:
            await stop.wait()


@asynccontextmanager
async def _reading(settings: IntakeSettings, delivery: Delivery, ring: Ring, metrics: Metrics) -> AsyncIterator[Reader]:
    book = book_of(_secrets(settings, ring))
    stations, ours = StationDoor(ring), RelaisDoor(book, delivery.vault)

    def door_of(topic: str) -> Door:
        return stations if topic.startswith(REPORTS_TOPIC) else ours

    subscription = Subscription(
        group=named(settings, settings.service, "."),
        instance=settings.instance,
        pattern=f"^({re.escape(named(settings, REPORTS_TOPIC, '.'))}[a-z0-9-]+"
        f"|{re.escape(named(settings, RELAIS_STANDING.name, '.'))})$",
        read_committed=True,
    )
    set_aside = SetAside(delivery, door_of, book)
    async with reading(settings, delivery, book, door_of, subscription, set_aside=set_aside, metrics=metrics) as reader:
        yield reader


def _secrets(settings: IntakeSettings, ring: Ring) -> Secrets:
    return Secrets(
        sign=lambda payload: sign(payload, ring),
        case=settings.case_secret.get_secret_value().encode(),
        fingerprint=settings.fingerprint_secret.get_secret_value().encode(),
    )


@asynccontextmanager
async def _answering(
    settings: IntakeSettings, delivery: Delivery, reader: Reader, ring: Ring, metrics: Metrics
) -> AsyncIterator[int]:
    async with httpx.AsyncClient() as client:
        tokens = Tokens(IssuerKeys(settings.issuer, fetch_over(client)), settings.audience)
        doors = Doors(settings.service, tokens, settings.authid_secret.get_secret_value().encode())
        health = Health({"database": database_answers(delivery.database), "consuming": reader.is_consuming})
        front = build_front(doors, metrics, delivery.tracing, health, report_doors(delivery.database, ring))
        async with serve(front, settings.http_host, settings.http_port) as port:
            yield port
