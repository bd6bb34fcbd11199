"""Records that no client can read are lines that say so, and stop nobody."""

from aiokafka import TopicPartition

from tests.audit.bench import Bench
from tests.audit.builders import stations
from tests.delivery.raw_batches import raw_producer
from tests.delivery.test_fence import MARKED, STORED

REPORTS = "station.reports.police"


async def test_whatever_a_broker_stores_is_one_line_an_offset(bench: Bench) -> None:
    async with raw_producer(bench.kafka) as producer:
        for raw in STORED.values():
            await producer.send(TopicPartition(f"{bench.namespace}.{REPORTS}", 0), raw)
    await bench.send(REPORTS, stations())
    await bench.log_all()
    leaves = await bench.leaves()
    assert [leaf["src"] for leaf in leaves] == [[REPORTS, 0, offset] for offset in range(len(leaves))]
    assert [leaf["kind"] for leaf in leaves] == ["unreadable"] * (len(leaves) - 1) + ["event"]
    assert len(leaves) > len(STORED) + 1
    without_bytes = [leaf for leaf in leaves if leaf["commit"] is None]
    assert len(without_bytes) <= len(MARKED)
