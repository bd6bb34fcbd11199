"""How a command speaks with a service's doors: signed in, and refusals told in a sentence.

A service that is away, or asks for patience, ends a command with 75 (`EX_TEMPFAIL`): a mail server that pipes a bounce
into one keeps the mail and tries again.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import httpx
import typer

from cli.running import stop

Url = Annotated[str, typer.Option(help="The service's HTTP door, e.g. http://127.0.0.1:8101", envvar="RELAIS_URL")]
Token = Annotated[str, typer.Option(help="Your access token; better given as RELAIS_TOKEN", envvar="RELAIS_TOKEN")]
PATIENCE = 30.0
PASSING = (408, 425, 429)


@contextmanager
def door(url: str, token: str) -> Iterator[httpx.Client]:
    """A service's doors; what they refuse is told in a sentence."""
    headers = {"authorization": f"Bearer {token}"}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
            yield client
    except httpx.HTTPStatusError as refusal:
        is_passing = refusal.response.status_code in PASSING or refusal.response.is_server_error
        stop(_told(refusal.response), os.EX_TEMPFAIL if is_passing else 1)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        stop("That is no address of a door: give --url or RELAIS_URL such as http://127.0.0.1:8101.")
    except httpx.HTTPError as error:
        sentence = f"{url} does not answer ({type(error).__name__}): is the service up, and the address right?"
        stop(sentence, os.EX_TEMPFAIL)


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
