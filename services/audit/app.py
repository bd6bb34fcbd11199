"""Builds audit from its parts, and runs it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter
from faststream.kafka.security import parse_security

from services.audit import follow_up
from services.audit.completeness import Completeness
from services.audit.consulting import Consulting
from services.audit.domain.standing import NotToBeSigned
from services.audit.exporting import Exporting
from services.audit.follow_up import FollowUp
from services.audit.handlers.sequencer import Sequencer
from services.audit.handlers.source import Source
from services.audit.handlers.standby import Standby
from services.audit.handlers.witnesses import EVERY_SECONDS, Witnesses
from services.audit.handlers.writer import LogWriter
from services.audit.http import export_router, log_router, proof_router, search_router
from services.audit.migrations import MIGRATIONS
from services.audit.noticing import Noticing
from services.audit.settings import AuditSettings
from services.audit.store.cosignatures import Cosignatures
from services.audit.store.entries import Entries
from services.audit.store.lease import Lease
from services.audit.store.log import LogStore
from services.audit.store.proofs import Proofs
from services.audit.store.public import PublicLog
from services.audit.watching import telling
from shared.delivery.broker import start_patiently
from shared.delivery.delivery import Delivery
from shared.delivery.housekeeping import housekeeping
from shared.delivery.opening import appname, open_delivery
from shared.delivery.orphans import Orphans
from shared.delivery.periodic import HALF_A_MINUTE, PeriodicTask
from shared.delivery.process import beside, stopping
from shared.watch.health import database_answers
from shared.watch.metrics import LOG_WITNESSED, LOG_WRITER, READ_GAPS, Metrics, serve_metrics
from shared.web.answering import answering


async def run(settings: AuditSettings) -> None:
    """Run until SIGTERM or SIGINT. Raises `NotToBeSigned`, and whatever no second attempt can mend."""
    metrics = Metrics(settings.service)
    async with AsyncExitStack() as stack:
        delivery = await stack.enter_async_context(open_delivery(settings, settings.compartments, MIGRATIONS, metrics))
        stack.callback(serve_metrics(metrics, settings.metrics_host, settings.metrics_port).close)
        source = await stack.enter_async_context(_reading(settings, metrics))
        public = PublicLog(delivery.database)
        witnesses = Witnesses(
            settings.witnesses(), Proofs(public), Cosignatures(delivery.database), metrics[LOG_WITNESSED].set
        )
        stack.push_async_callback(witnesses.close)
        sequencer = _build_sequencer(settings, delivery, source, witnesses, metrics=metrics)
        checks = {
            "database": database_answers(delivery.database),
            "sequencing": sequencer.turned.is_young,
            "tasks": delivery.tasks.are_done,
        }
        exporting, routers = _doors(settings, delivery, public)
        await stack.enter_async_context(answering(settings, metrics, delivery.tracing, checks, *routers))
        standby = Standby(Lease(delivery.database, settings.instance), sequencer, metrics[LOG_WRITER].set)
        followed = FollowUp(delivery.database, metrics)
        periodic = [
            *await stack.enter_async_context(
                housekeeping(settings, delivery, metrics, LogStore(delivery.database).reached)
            ),
            PeriodicTask(delivery.tasks, "follow-up", followed.look, follow_up.EVERY_SECONDS),
            PeriodicTask(delivery.tasks, "watch-access", Noticing(delivery).look),
            PeriodicTask(delivery.tasks, "compare-days", Completeness(delivery, metrics).compare, HALF_A_MINUTE),
        ]
        if settings.witnesses():
            periodic.append(PeriodicTask(delivery.tasks, "ask-witnesses", witnesses.submit, EVERY_SECONDS))
        with stopping() as stop:
            async with beside(*(each.run() for each in periodic), exporting.collecting().run()):
                refusal = await _run_until_refused(standby, stop)
    if refusal:
        raise refusal


async def _run_until_refused(standby: Standby, stop: asyncio.Event) -> NotToBeSigned | None:
    """Returned, not raised: what runs beside would turn it into a group."""
    try:
        await standby.run(stop)
    except NotToBeSigned as refusal:
        return refusal
    return None


def _doors(settings: AuditSettings, delivery: Delivery, log: PublicLog) -> tuple[Exporting, Sequence[APIRouter]]:
    entries = Entries(delivery.database)
    proofs, consulting = Proofs(log), Consulting(delivery, entries, settings.audit_origin)
    exporting = Exporting(delivery, consulting, entries, proofs, signer=settings.signer())
    routers = (
        log_router(log, consulting),
        proof_router(proofs, consulting),
        search_router(consulting, proofs),
        export_router(exporting),
    )
    return exporting, routers


def _build_sequencer(
    settings: AuditSettings, delivery: Delivery, source: Source, witnesses: Witnesses, *, metrics: Metrics
) -> Sequencer:
    writer = LogWriter(delivery, LogStore(delivery.database), settings.signer())
    orphans = Orphans(delivery.database, appname(settings))
    return Sequencer(
        source, writer, witnesses, delivery.clock, stuck=orphans.evict_if_in_the_way, told=telling(metrics)
    )


@asynccontextmanager
async def _reading(settings: AuditSettings, metrics: Metrics) -> AsyncIterator[Source]:
    security = parse_security(settings.kafka_security())
    source = Source(settings.kafka, settings.namespace, lambda gap: metrics[READ_GAPS].labels(gap).inc(), **security)
    await start_patiently(source.start, "consumer")
    try:
        yield source
    finally:
        await source.close()
