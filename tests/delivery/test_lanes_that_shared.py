"""A lane that has shared a unit of work with another one does not wait for what that one can't send."""

from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest

from shared.delivery.failures import NotSent
from shared.delivery.outbox import Outbox
from shared.delivery.publisher import Acknowledgement, Row
from tests.delivery.lane_of_one import Bench, Remembering
from tests.delivery.toy import Stream


class Without(Remembering):
    """Has no topic for one subject."""

    gone = ""

    async def hand_over(self, rows: Sequence[Row]) -> AsyncIterator[tuple[Acknowledgement, Sequence[Row]]]:
        if there := [row for row in rows if row["subject"] != self.gone]:
            async for each in super().hand_over(there):
                yield each


async def test_a_lane_goes_on_beside_one_whose_events_have_no_topic(
    bench: Bench,
) -> None:
    await bench.wipe()
    producer, bad, good = Without(), uuid4(), uuid4()
    producer.gone = str(bad)
    outbox = Outbox(bench.database, producer, bench.delivery.crash)
    object.__setattr__(bench.delivery, "outbox", outbox)
    one, two, lanes = Stream(0), Stream(1), bench.lanes()
    both = [one.say(bad), two.say(good)]
    with pytest.raises(NotSent):
        await lanes.run(both)
    await lanes.run(both[1:])
    await lanes.run([two.say(good)])
    assert len([subject for _, subject, _ in producer.sent if subject == str(good)]) == 5
    producer.gone = ""
    await outbox.sweep()
    assert len([subject for _, subject, _ in producer.sent if subject == str(bad)]) == 3
    assert await bench.database["unsent"].count_documents({}) == 0
