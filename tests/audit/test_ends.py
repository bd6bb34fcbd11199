"""A writer of the log that ends says by what, and quotes nothing of it."""

import asyncio
from typing import cast

import pytest
from pymongo.errors import DocumentTooLarge, OperationFailure
from structlog.testing import capture_logs

from services.audit.domain.standing import RolledBack
from services.audit.handlers.sequencer import Sequencer
from services.audit.handlers.standby import Standby
from services.audit.store.lease import Lease
from shared.watch.health import Pulse
from shared.watch.log_lines import KEYS

ODD = "Oddname"


class Held:
    """A lease that is always this process's."""

    async def take(self) -> bool:
        return True


class Failing:
    """A sequencer that can't go on."""

    def __init__(self, error: Exception) -> None:
        self.turned, self._error = Pulse(), error

    async def run(self, _stop: asyncio.Event) -> None:
        raise self._error

    def resign(self) -> None:
        """Nothing to give back."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationFailure(ODD, 8000), 8000),
        (DocumentTooLarge(ODD), None),
        (OSError(111, ODD), 111),
        (RolledBack(held=1, signed=2), None),
    ],
)
async def test_a_writer_that_ends_says_its_class_and_its_code(error: Exception, code: int | None) -> None:
    standby = Standby(cast(Lease, Held()), cast(Sequencer, Failing(error)))
    with capture_logs() as lines, pytest.raises(type(error)):
        await standby.run(asyncio.Event())
    [line] = lines
    assert (line["event"], line["error"], line["code"]) == ("log-writer-ends", type(error).__name__, code)
    assert set(line) - {"log_level", "exc_info"} <= KEYS
