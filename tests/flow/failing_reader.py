"""A service whose Kafka client fails with records in hand: `python -m tests.flow.failing_reader <service>`."""

import random
import runpy
import sys
from typing import Any

from aiokafka import AIOKafkaConsumer

from deploy.local.services import Service

ONE_IN = 20
FAILED = "test-client-failed"


class FailingReader(Service):
    """One of the four services. What its client had drained when it failed is gone."""

    def command(self) -> list[str]:
        """What is run."""
        return [sys.executable, "-m", "tests.flow.failing_reader", self.service]


def fail_now_and_then() -> None:
    """Have the client move on, and then raise instead of handing over what it has read."""
    getmany = AIOKafkaConsumer.getmany

    async def fail(self: AIOKafkaConsumer, *tps: Any, **options: Any) -> Any:
        found: Any = await getmany(self, *tps, **options)
        if found and random.randrange(ONE_IN) == 0:  # noqa: S311 # no secret
            sys.stderr.write(f"{FAILED}\n")
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "as from a header's name")
        return found

    setattr(AIOKafkaConsumer, "getmany", fail)  # noqa: B010 # mypy forbids to assign a method


if __name__ == "__main__":
    fail_now_and_then()
    runpy.run_module(f"services.{sys.argv.pop()}", run_name="__main__", alter_sys=True)
