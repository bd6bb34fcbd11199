"""`python -m services.audit`: the log's one writer, and its doors."""

import os
import sys

import structlog
import uvloop

from services.audit.app import run
from services.audit.domain.standing import NotToBeSigned, TakenOver
from services.audit.settings import AuditSettings
from shared.delivery.migrations import BehindMigrations
from shared.settings import read_settings_or_exit
from shared.watch.logs import announce, start_logging

log = structlog.get_logger()


def main() -> None:
    """Run until asked to end. Exit status 65: the log must not be signed, 75: another process signs it."""
    settings = read_settings_or_exit(AuditSettings, "relais audit")
    start_logging(settings.service, settings.instance, settings.log_level)
    announce(settings)
    try:
        uvloop.run(run(settings))
    except NotToBeSigned as refusal:
        _stop(refusal, os.EX_DATAERR)
    except (TakenOver, BehindMigrations) as refusal:
        _stop(refusal, os.EX_TEMPFAIL)


def _stop(refusal: Exception, status: int) -> None:
    log.critical("log-not-signed", reason=type(refusal).__name__)
    sys.stderr.write(f"relais audit stops: {refusal}\n")
    raise SystemExit(status)


if __name__ == "__main__":
    main()
