"""What the fence before Kafka's records costs, beside aiokafka's own parser: `python -m tests.bench.batches`."""

import os
import time
from collections.abc import Callable, Iterable

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from shared.delivery.batches import Batches, DueRecords
from tests.delivery.crafted import CODECS

RECORDS, A_BATCH, ROUNDS = 40_000, 200, 5
TP = TopicPartition("t", 0)


def an_answer(codec: int, first: int) -> bytes:
    """A batch of records of 1.2 kB, as an outbox sends them: half of it sealed, which no codec makes smaller."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, 0, 10_000_000)
    headers: list[tuple[str, bytes | None]] = [
        (f"ce_{name}", b"0192c3f0-6c1b-7c2e-9d60-2f6c8f4f5d10") for name in "abcdefgh"
    ]
    for n in range(A_BATCH):
        builder.append(n, 1_700_000_000_000, b"k" * 36, os.urandom(450) + b'{"member":"value"}' * 41, headers)
    return first.to_bytes(8, "big") + bytes(builder.build())[8:]


def stock(data: bytes, first: int) -> Iterable[object]:
    """Aiokafka as it comes."""
    return PartitionRecords(TP, MemoryRecords(data), None, first, None, None, True, 1)


def fenced(data: bytes, first: int) -> Iterable[object]:
    """Behind the fence."""
    return DueRecords(TP, Batches(data), None, first, None, None, True, 1)


def microseconds(read: Callable[[bytes, int], Iterable[object]], answers: list[tuple[bytes, int]]) -> float:
    """Processor time a record."""
    began = time.process_time()
    count = sum(len(list(read(*answer))) for answer in answers)
    return (time.process_time() - began) / count * 1e6


def main() -> None:
    """Both, in turns, in one run."""
    print("codec     stock   fenced   ratio   (µs a record, best of", ROUNDS, "in turns)")  # noqa: T201 # its result
    for name, codec in {"none": 0, **CODECS}.items():
        answers = [(an_answer(codec, n), n) for n in range(0, RECORDS // 4, A_BATCH)]
        pairs = [(microseconds(stock, answers), microseconds(fenced, answers)) for _ in range(ROUNDS)]
        best = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
        print(f"{name:8} {best[0]:6.2f}   {best[1]:6.2f}   {best[1] / best[0]:5.2f}")  # noqa: T201 # as above


if __name__ == "__main__":
    main()
