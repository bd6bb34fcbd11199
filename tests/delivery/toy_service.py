"""The toy as a process of its own, so that tests can kill it: `python -m tests.delivery.toy_service`."""

import asyncio
import os
import signal
from typing import ClassVar

from pydantic import Field

from shared.delivery.broker import Subscription
from shared.delivery.migrations import ENGINE
from shared.delivery.opening import named, open_delivery, reading
from shared.delivery.relais_door import RelaisDoor
from shared.settings import Port, ServiceSettings, read_settings_or_exit
from shared.watch.logs import start_logging
from shared.watch.metrics import Metrics
from tests.delivery.mutants import mutate
from tests.delivery.toy import TOPIC, toy_book


class ToySettings(ServiceSettings):
    """What the toy can be told."""

    service: ClassVar[str] = "referral"
    http_port: Port = Field(0, description="a port")
    metrics_port: Port = Field(0, description="a port")


async def serve() -> None:
    settings = read_settings_or_exit(ToySettings, "toy")
    start_logging("referral", settings.instance)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    metrics, book = Metrics("referral"), toy_book()
    subscription = Subscription(
        named(settings, "referral", "."), settings.instance, topics=[named(settings, TOPIC, ".")]
    )
    async with open_delivery(settings, ("contact", "set-aside"), [ENGINE], metrics) as delivery:
        door = RelaisDoor(book, delivery.vault)
        async with reading(settings, delivery, book, lambda _topic: door, subscription, metrics=metrics):
            print("ready", flush=True)  # noqa: T201 # whoever asks it to end waits for that
            await stop.wait()


if __name__ == "__main__":
    mutate(os.environ.get("TOY_MUTANT"))
    asyncio.run(serve())
