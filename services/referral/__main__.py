"""`python -m services.referral`: gets reports to social workers."""

import os
import sys

import structlog
import uvloop

from services.referral.app import run
from services.referral.settings import ReferralSettings
from shared.delivery.migrations import BehindMigrations
from shared.settings import read_settings_or_exit
from shared.watch.logs import announce, start_logging

log = structlog.get_logger()


def main() -> None:
    """Run until asked to end. Exit status 75: the database is behind this version."""
    settings = read_settings_or_exit(ReferralSettings, "relais referral")
    start_logging(settings.service, settings.instance, settings.log_level)
    announce(settings)
    try:
        uvloop.run(run(settings))
    except BehindMigrations as refusal:
        sys.stderr.write(f"relais referral stops: {refusal}\n")
        raise SystemExit(os.EX_TEMPFAIL) from None


if __name__ == "__main__":
    main()
