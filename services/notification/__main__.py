"""`python -m services.notification`: tells whoever must know that a person waits."""

import os
import sys

import structlog
import uvloop

from services.notification.app import run
from services.notification.settings import NotificationSettings
from shared.delivery.migrations import BehindMigrations
from shared.settings import read_settings_or_exit
from shared.watch.logs import announce, start_logging

log = structlog.get_logger()


def main() -> None:
    """Run until asked to end. Exit status 75: the database is behind this version."""
    settings = read_settings_or_exit(NotificationSettings, "relais notification")
    start_logging(settings.service, settings.instance, settings.log_level)
    announce(settings)
    try:
        uvloop.run(run(settings))
    except BehindMigrations as refusal:
        sys.stderr.write(f"relais notification stops: {refusal}\n")
        raise SystemExit(os.EX_TEMPFAIL) from None


if __name__ == "__main__":
    main()
