"""Writes what the service publishes for vendors into `docs/stations/` too, to be read and reviewed there.

`python -m services.intake.http.documents` writes it; `--check` compares instead and exits 1 where something differs.
"""

import sys
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter

from services.intake.http.doors import report_doors
from services.intake.http.openapi import openapi
from shared.contracts.asyncapi import asyncapi
from shared.contracts.documents import keep_true

COMMAND = "python -m services.intake.http.documents"


def documents() -> dict[Path, bytes]:
    """Each document, by its path in the repository."""
    routes = [route for each in _doors() for route in each.routes]
    found = {"openapi": openapi(routes), "asyncapi": asyncapi()}
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return {Path(f"docs/stations/{name}.json"): orjson.dumps(each, option=options) for name, each in found.items()}


def _doors() -> tuple[APIRouter, ...]:
    """The doors with nobody behind them: only their shapes are looked at."""
    nobody: Any = None
    return report_doors(nobody, nobody, nobody, nobody)


if __name__ == "__main__":
    sys.exit(keep_true(documents, COMMAND))
