"""Builds referral from its parts, and runs it."""

from collections.abc import Awaitable
from contextlib import AsyncExitStack
from functools import partial

from services.referral.changed_posts import ChangedPosts
from services.referral.clocks import end_deadline
from services.referral.consultation import Consultations
from services.referral.counting import Counts
from services.referral.disclosing import Disclosures
from services.referral.erasing import erase_due
from services.referral.handlers import book_of
from services.referral.http import doors
from services.referral.http.posts import Ids
from services.referral.migrations import MIGRATIONS
from services.referral.moving import move_cases, move_cases_of
from services.referral.presences import publish_presences, publish_presences_of
from services.referral.settings import ReferralServiceSettings
from services.referral.store import DEADLINES, measuring_waits
from services.referral.ticks import on_deadline
from services.referral.views import ROSTER
from services.referral.yearbooks import Yearbooks, noting
from shared.contracts.topics import RELAIS_INTAKE, RELAIS_NOTIFICATIONS
from shared.delivery.broker import Subscription
from shared.delivery.opening import named, open_delivery, reading
from shared.delivery.periodic import EVERY_HOUR, EVERY_MINUTE, MEASURED_EVERY, PeriodicTask
from shared.delivery.process import beside, stopping
from shared.delivery.relais_door import RelaisDoor
from shared.delivery.shelf import load
from shared.delivery.ticker import ticking
from shared.watch.health import database_answers
from shared.watch.metrics import Metrics, serve_metrics
from shared.web.answering import answering
from shared.web.set_aside import set_aside_doors

COUNTING_SECONDS = 4 * EVERY_HOUR
"""Counting a year rests between its pieces."""


async def run(settings: ReferralServiceSettings) -> None:
    """Run until SIGTERM or SIGINT; what is in flight then ends and is committed."""
    metrics = Metrics(settings.service)
    async with AsyncExitStack() as stack:
        delivery = await stack.enter_async_context(open_delivery(settings, settings.compartments, MIGRATIONS, metrics))
        stack.callback(serve_metrics(metrics, settings.metrics_host, settings.metrics_port).close)
        await load(delivery.database, ROSTER)
        terms = settings.terms()
        book = book_of(terms)
        door = RelaisDoor(book, delivery.vault)
        reader, set_aside = await stack.enter_async_context(
            reading(settings, delivery, book, lambda _topic: door, _subscription(settings), metrics=metrics)
        )
        checks = {
            "database": database_answers(delivery.database),
            **reader.checks(),
            "tasks": delivery.tasks.are_done,
        }
        yearbooks = Yearbooks(Counts(delivery.database, delivery.vault), terms, settings.hidden_below, noting(delivery))

        def publishing() -> Awaitable[None]:
            return yearbooks.publish_due(delivery.clock.now())

        disclosures = Disclosures(delivery, *settings.links())
        looking = Consultations(delivery, settings.emergency()), disclosures
        changed = ChangedPosts(partial(move_cases_of, delivery, terms), partial(publish_presences_of, delivery))
        ids = Ids(settings.authid_of, settings.address_digest_of)
        of_cases = doors(
            delivery,
            *looking,
            terms=terms,
            statistics=yearbooks.read,
            ids=ids,
            changed_posts=changed,
            link_base=settings.link_base,
            is_trial=settings.trial,
        )
        routers = *of_cases, set_aside_doors(set_aside)
        await stack.enter_async_context(answering(settings, metrics, delivery.tracing, checks, *routers))
        deadlines = ticking(delivery, DEADLINES, partial(on_deadline, terms=terms), end_deadline)
        tasks = delivery.tasks
        periodic = [
            PeriodicTask(tasks, "measure-unassigned", measuring_waits(delivery.database, metrics), MEASURED_EVERY),
            PeriodicTask(tasks, "reassign-absent", partial(move_cases, delivery, terms), EVERY_MINUTE),
            PeriodicTask(tasks, "erase-cases", partial(erase_due, delivery, settings.keep()), EVERY_HOUR),
            PeriodicTask(tasks, "publish-years", publishing, EVERY_HOUR, slack=COUNTING_SECONDS),
            PeriodicTask(tasks, "publish-presences", partial(publish_presences, delivery), EVERY_HOUR),
        ]
        with stopping() as stop:
            async with beside(deadlines.run(), changed.run(), *(each.run() for each in periodic)):
                await stop.wait()


def _subscription(settings: ReferralServiceSettings) -> Subscription:
    return Subscription(
        group=named(settings, settings.service, "."),
        instance=settings.instance,
        topics=[named(settings, topic.name, ".") for topic in (RELAIS_INTAKE, RELAIS_NOTIFICATIONS)],
    )
