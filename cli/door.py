"""How a command speaks with a service's doors: signed in, and refusals told in a sentence.

A service that is away, or asks for patience, ends a command with 75 (`EX_TEMPFAIL`): a mail server that pipes a bounce
into one keeps the mail and tries again.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import httpx
import typer

from cli.running import stop

Url = Annotated[
    list[str],
    typer.Option(
        help="A service's HTTP door, e.g. http://127.0.0.1:8101; name several, and the right one is used",
        envvar="RELAIS_URL",
    ),
]
Token = Annotated[str, typer.Option(help="Your access token; better given as RELAIS_TOKEN", envvar="RELAIS_TOKEN")]
PATIENCE = 30.0
PASSING = (408, 425, 429)


def doors_of(urls: Sequence[str], services: Collection[str]) -> dict[str, str]:
    """Where each of these services answers, by its name: whoever answers at an address is asked for it.

    One address alone is believed: the door itself refuses where it is another service's.
    """
    if len(urls) == 1:
        return {next(iter(services)): urls[0]}
    found = {_name_of(url): url for url in urls}
    if missing := [name for name in services if name not in found]:
        stop(f"None of the addresses is that of {' or '.join(missing)}: name its door by --url or RELAIS_URL.")
    return {name: found[name] for name in services}


def _name_of(url: str) -> str:
    with door(url, None) as service:
        told = service.get("/readyz").json()
    return str(told.get("service", "")) if isinstance(told, dict) else ""


@contextmanager
def door_of(urls: Sequence[str], service: str, token: str) -> Iterator[httpx.Client]:
    """The doors of one service, found among several addresses."""
    with door(doors_of(urls, [service])[service], token) as client:
        yield client


@contextmanager
def door(url: str, token: str | None) -> Iterator[httpx.Client]:
    """A service's doors; what they refuse is told in a sentence."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
            yield client
    except httpx.HTTPStatusError as refusal:
        is_passing = refusal.response.status_code in PASSING or refusal.response.is_server_error
        stop(_told(refusal.response), os.EX_TEMPFAIL if is_passing else 1)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        stop("That is no address of a door: give --url or RELAIS_URL such as http://127.0.0.1:8101.")
    except (httpx.HTTPError, ValueError) as error:
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
