"""What is told to be sent, where the publisher hands over only a part."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from shared.delivery.crash import CrashPoints
from shared.delivery.handover import Handover, Row
from shared.delivery.publisher import Acknowledgement


class WithoutOneTopic:
    """Hands over, and has acknowledged, all rows but those of a topic that is not there."""

    async def hand_over(self, rows: Sequence[Row]) -> AsyncIterator[tuple[Acknowledgement, Sequence[Row]]]:
        there = [row for row in rows if row["topic"] != "gone"]
        if there:
            acknowledged: Acknowledgement = asyncio.get_running_loop().create_future()
            acknowledged.set_result(None)
            yield acknowledged, there


async def test_rows_that_could_not_be_handed_over_keep_back_no_others() -> None:
    lost, good = {"_id": b"1", "topic": "gone"}, {"_id": b"2", "topic": "there"}
    handover = Handover(WithoutOneTopic(), CrashPoints())
    assert await handover.send([lost, good]) == {b"2"}
    assert await handover.send([lost]) == set()
    assert handover.unsent([lost, good]) == [lost]
