"""`relais send-again`: what a service has said and somebody has not heard."""

from typing import Annotated
from uuid import UUID

import typer

from cli.running import run, stop
from services.audit import commands as audit
from shared.contracts.topics import AUDIT, SERVICES
from shared.delivery import outbox
from shared.delivery.opening import connect, named
from shared.settings import ServerSettings, read_settings_or_exit

Service = Annotated[str, typer.Argument(help=f"Who has said them: {', '.join(SERVICES)}")]
Ids = Annotated[list[UUID], typer.Argument(metavar="EVENT_ID", help="Which events, as `relais audit check` names them")]


def send_again(service: Service, event_ids: Ids) -> None:
    """Send events to Kafka once more, from what the service keeps for 30 days. Whoever has them already drops them.

    Example: relais send-again referral 0d9f2ce6-7a1d-4a70-9d2a-0f6d7c0b1a11
    """
    if service not in SERVICES:
        stop(f"There is no service {service}: {', '.join(SERVICES)}.")
    settings = read_settings_or_exit(ServerSettings, "relais send-again")
    if units := run(_send(settings, service, event_ids)):
        typer.echo(f"{units} units of work are sent again within a second or two, as long as {service} is running.")
    else:
        stop(f"{service} keeps none of these events: it keeps them for 30 days.")


async def _send(settings: ServerSettings, service: str, event_ids: list[UUID]) -> int:
    async with connect(settings, "relais-send-again") as client:
        ids = [str(id_) for id_ in event_ids]
        names = await audit.epochs(client, settings) if service == AUDIT else [named(settings, service)]
        return sum([await outbox.send_again(client[name], ids) for name in names])
