"""How a command speaks with a service's doors: signed in, and refusals told in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import httpx
import typer

from cli.running import stop

Url = Annotated[str, typer.Option(help="The service's HTTP door, e.g. http://127.0.0.1:8101", envvar="RELAIS_URL")]
Token = Annotated[str, typer.Option(help="Your access token; better given as RELAIS_TOKEN", envvar="RELAIS_TOKEN")]
PATIENCE = 30.0


@contextmanager
def door(url: str, token: str) -> Iterator[httpx.Client]:
    """A service's doors; what they refuse is told in a sentence."""
    headers = {"authorization": f"Bearer {token}"}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
            yield client
    except httpx.HTTPStatusError as refusal:
        stop(_told(refusal.response))
    except httpx.HTTPError as error:
        stop(f"{url} does not answer ({type(error).__name__}): is the service up, and the address right?")


def _told(answer: httpx.Response) -> str:
    """A problem document (RFC 9457) as one line."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    faults = "".join(_fault(fault) for fault in problem.get("faults", ()))
    return f"Refused ({answer.status_code}): {problem.get('title', 'no reason given')}.{faults}"


def _fault(fault: dict[str, str]) -> str:
    return f" {fault.get('pointer') or fault.get('parameter', '')}: {fault.get('en') or fault.get('code', '')}."
