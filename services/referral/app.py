"""Builds referral from its parts, and runs it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import httpx

from services.referral.handlers import book_of, end_deadline, on_deadline
from services.referral.http import case_doors
from services.referral.migrations import MIGRATIONS
from services.referral.presences import publish_presences
from services.referral.settings import ReferralSettings
from services.referral.store import DEADLINES, measuring_waits
from shared.contracts.topics import RELAIS_INTAKE
from shared.delivery.broker import Subscription
from shared.delivery.delivery import Delivery
from shared.delivery.opening import named, open_delivery, reading
from shared.delivery.process import beside, stopping
from shared.delivery.reader import Reader
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.set_aside import SetAside
from shared.delivery.sweeper import Sweeper
from shared.delivery.ticker import ticking
from shared.vault import Compartment
from shared.watch.health import Health, database_answers
from shared.watch.metrics import Metrics, serve_metrics
from shared.web.doors import Doors
from shared.web.front import build_front, serve
from shared.web.issuer import IssuerKeys, fetch_over
from shared.web.tokens import Tokens

COMPARTMENTS: tuple[Compartment, ...] = ("contact", "file", "set-aside", "access")
HOUR = 3600.0


async def run(settings: ReferralSettings) -> None:
    """Run until SIGTERM or SIGINT; what is in flight then ends and is committed."""
    metrics = Metrics(settings.service)
    async with AsyncExitStack() as stack:
        delivery = await stack.enter_async_context(open_delivery(settings, COMPARTMENTS, MIGRATIONS, metrics))
        stack.callback(serve_metrics(metrics, settings.metrics_host, settings.metrics_port).close)
        reader = await stack.enter_async_context(_reading(settings, delivery, metrics))
        await stack.enter_async_context(_answering(settings, delivery, reader, metrics))
        deadlines = ticking(delivery, DEADLINES, on_deadline, end_deadline)
        waits = Sweeper([measuring_waits(delivery.database, metrics)])
        presences = Sweeper([partial(publish_presences, delivery)], every=HOUR)
        with stopping() as stop:
            async with beside(deadlines.run(), waits.run(), presences.run()):
                await stop.wait()


@asynccontextmanager
async def _reading(settings: ReferralSettings, delivery: Delivery, metrics: Metrics) -> AsyncIterator[Reader]:
    book = book_of(settings.terms())
    door = RelaisDoor(book, delivery.vault)
    set_aside = SetAside(delivery, lambda _topic: door, book)
    subscription = Subscription(
        group=named(settings, settings.service, "."),
        instance=settings.instance,
        topics=[named(settings, RELAIS_INTAKE.name, ".")],
    )
    async with reading(
        settings, delivery, book, lambda _topic: door, subscription, set_aside=set_aside, metrics=metrics
    ) as reader:
        yield reader


@asynccontextmanager
async def _answering(
    settings: ReferralSettings, delivery: Delivery, reader: Reader, metrics: Metrics
) -> AsyncIterator[int]:
    async with httpx.AsyncClient() as client:
        tokens = Tokens(IssuerKeys(settings.issuer, fetch_over(client)), settings.audience)
        doors = Doors(settings.service, tokens, settings.authid_secret.get_secret_value().encode())
        health = Health({"database": database_answers(delivery.database), "consuming": reader.is_consuming})
        front = build_front(doors, metrics, delivery.tracing, health, case_doors(delivery))
        async with serve(front, settings.http_host, settings.http_port) as port:
            yield port
