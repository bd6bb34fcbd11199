"""How a service ends: one line of its log and one sentence, with the exit status by which its supervisor decides."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from shared.addresses import CannotListen
from shared.delivery.away import ServerRefuses
from shared.delivery.failures import error_code, is_infrastructure
from shared.delivery.migrations import BehindMigrations
from shared.vault import NotMigrated, UnusableMaster, WrongMaster

log = structlog.get_logger()

ASKED, INTERRUPTED = 0, 130
Refusals = Mapping[type[Exception], int]
REFUSALS: Refusals = {
    BehindMigrations: os.EX_TEMPFAIL,
    NotMigrated: os.EX_TEMPFAIL,
    UnusableMaster: os.EX_CONFIG,
    WrongMaster: os.EX_CONFIG,
    ServerRefuses: os.EX_CONFIG,
    CannotListen: os.EX_CONFIG,
}
"""Why a service refuses to go on, and the exit status that says so (sysexits.h)."""

STATUSES: Mapping[int, str] = {
    ASKED: "asked to end, and has ended in order",
    os.EX_DATAERR: "audit: the log must not be signed",
    os.EX_SOFTWARE: "stuck, or failed in a way that nobody foresaw",
    os.EX_TEMPFAIL: "a server went away while it started or ended, or `relais migrate` has not run",
    os.EX_CONFIG: "a setting, a key, a port or a right is wrong",
    INTERRUPTED: "Ctrl-C",
}
"""Every exit status of a service but those of signals."""


def tell_end(service: str, error: BaseException, refusals: Refusals = REFUSALS) -> int:
    """Say why a service ends. Returns the exit status."""
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        return tell_asked(INTERRUPTED if isinstance(error, KeyboardInterrupt) else ASKED)
    found = list(leaves(error))
    refusal = next((each for each in found if isinstance(each, tuple(refusals))), None)
    if refusal:
        status = next(status for kind, status in refusals.items() if isinstance(refusal, kind))
        log.critical("service-refuses", reason=type(refusal).__name__, status=status, **_codes(refusal))
        sys.stderr.write(f"relais {service} stops: {str(refusal).rstrip('.')}.\n")
        return status
    return _tell_failure(service, found)


def tell_asked(status: int) -> int:
    """Say that somebody has asked for this end. Returns the exit status."""
    log.info("service-ended", reason="asked", status=status)
    return status


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group of errors, in their order; an error that is no group is its own leaf."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from leaves(each)
    else:
        yield error


def _tell_failure(service: str, found: list[BaseException]) -> int:
    """Of texts nothing is said: they may quote what was handled."""
    first = found[0]
    root = _root(first)
    status = os.EX_TEMPFAIL if is_infrastructure(first) else os.EX_SOFTWARE
    kind, codes = type(first).__name__, _codes(first)
    log.critical(
        "service-ended",
        error=kind,
        reason=type(root).__name__,
        **codes,
        status=status,
        count=len(found),
        exc_info=first,
    )
    code = codes["code"]
    told = f"{kind}, code {code}" if code is not None else kind
    sys.stderr.write(
        f"relais {service} stops with status {status}: {told}. The line service-ended of its log says where.\n"
    )
    return status


def _codes(error: BaseException) -> dict[str, Any]:
    """The code that a server gave, and the system's number, of what an error came from."""
    root = _root(error)
    return {"code": error_code(root), "errno": root.errno if isinstance(root, OSError) else None}


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
