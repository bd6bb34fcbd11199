"""How many brokers hold each record: looked at, planned, and raised; never lowered."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from cli.kafka_requests import Refusal, Replicas, reassign, set_configs

USUAL = 3
MIN_IN_SYNC = "min.insync.replicas"
CATCH_UP_SECONDS = 30.0
AGAIN = "then type relais migrate again"


class CannotReplicate(Exception):
    """Kafka can't hold as many copies as are asked for; the message says what to do."""


@dataclass(frozen=True, slots=True)
class TopicCopies:
    """The copies that Kafka keeps of a topic: who holds each partition, how many are in step, how many must be."""

    topic: str
    partitions: dict[int, list[int]]
    in_step: int
    must_be_in_step: int

    @property
    def copies(self) -> int:
        """The copies of the partition that has fewest."""
        return min(len(brokers) for brokers in self.partitions.values())


@dataclass(frozen=True, slots=True)
class Wish:
    """How many copies there shall be, of which `in_step` must have a record before it counts as written."""

    copies: int

    @property
    def in_step(self) -> int:
        """One fewer than there are, so that one broker may be away; at least one."""
        return max(1, self.copies - 1)


def wish(setting: int | None, brokers: int) -> Wish:
    """What `RELAIS_KAFKA_REPLICATION` asks for; unset, three copies or as many as brokers answer."""
    return Wish(setting or min(USUAL, brokers))


def wish_that_can_be(setting: int | None, brokers: int) -> Wish:
    """The same. Raises `CannotReplicate` where more copies are asked for than brokers answer."""
    wished = wish(setting, brokers)
    if wished.copies > brokers:
        raise CannotReplicate(
            f"RELAIS_KAFKA_REPLICATION asks for {setting} copies of each record, and {_brokers(brokers)}: "
            f"start the others, {AGAIN}."
        )
    return wished


async def live_brokers(admin: AIOKafkaAdminClient) -> list[int]:
    """The brokers that are up."""
    return sorted(broker["node_id"] for broker in (await admin.describe_cluster())["brokers"])


async def look(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> list[TopicCopies]:
    """What Kafka keeps of these topics; those that do not exist are left out."""
    described = [each for each in await admin.describe_topics(list(topics)) if each["partitions"]]
    asked = [ConfigResource(ConfigResourceType.TOPIC, each["topic"], {MIN_IN_SYNC: ""}) for each in described]
    answers = [answer.to_object() for answer in await admin.describe_configs(asked)] if asked else []
    least = {each["resource_name"]: _min_in_sync(each) for answer in answers for each in answer["resources"]}
    return sorted((_copies(each, least.get(each["topic"], 1)) for each in described), key=lambda each: each.topic)


def plan(topics: Sequence[TopicCopies], wished: Wish, brokers: Sequence[int]) -> Replicas:
    """Which brokers shall hold each partition that has too few copies: those it has, and the least laden others."""
    load = Counter(dict.fromkeys(brokers, 0))
    load.update(chain.from_iterable(held for each in topics for held in each.partitions.values()))
    planned: dict[str, dict[int, list[int]]] = {}
    for each in topics:
        for number, held in each.partitions.items():
            free = sorted(set(brokers) - set(held), key=lambda broker: (load[broker], broker))
            added = free[: max(0, wished.copies - len(held))]
            load.update(added)
            if added:
                planned.setdefault(each.topic, {})[number] = [*held, *added]
    return planned


async def raise_copies(admin: AIOKafkaAdminClient, topics: Iterable[str], wished: Wish) -> list[str]:
    """Have at least as many copies of each topic, and as many in step. Returns what was done, in sentences.

    Raises `CannotReplicate` where Kafka refuses.
    """
    names, done = list(topics), []
    if planned := plan(await look(admin, names), wished, await live_brokers(admin)):
        _check(await reassign(admin, planned), "more copies")
        done.append(f"{len(planned)} topics: from now on {wished.copies} copies of each record")
        if not await _catches_up(admin, names, wished):
            return [*done, f"Kafka is still copying: wait until relais doctor shows them in step, {AGAIN}"]
    behind = [each.topic for each in await look(admin, names) if each.must_be_in_step < wished.in_step]
    if behind:
        # Only now: asked for earlier, Kafka would refuse records until enough brokers have caught up.
        _check(await set_configs(admin, {name: {MIN_IN_SYNC: str(wished.in_step)} for name in behind}), MIN_IN_SYNC)
        done.append(f"{len(behind)} topics: from now on {wished.in_step} copies must be in step ({MIN_IN_SYNC})")
    return done


async def _catches_up(admin: AIOKafkaAdminClient, names: Sequence[str], wished: Wish) -> bool:
    for _ in range(round(CATCH_UP_SECONDS / 0.5)):
        if all(min(each.in_step, each.copies) >= wished.copies for each in await look(admin, names)):
            return True
        await asyncio.sleep(0.5)
    return False


def _check(refused: Sequence[Refusal], what: str) -> None:
    if refused:
        codes = ", ".join(sorted({str(each.code) for each in refused}))
        raise CannotReplicate(
            f"Kafka refuses {what} for {refused[0].topic} (code {codes}), and for {len(refused)} partitions in all: "
            f"see that all brokers are up and that this user may Alter topics, {AGAIN}."
        )


def _copies(described: dict[str, Any], least: int) -> TopicCopies:
    partitions = described["partitions"]
    held = {each["partition"]: list(each["replicas"]) for each in sorted(partitions, key=lambda p: int(p["partition"]))}
    return TopicCopies(described["topic"], held, min(len(each["isr"]) for each in partitions), least)


def _min_in_sync(described: dict[str, Any]) -> int:
    entries = described["config_entries"]
    return next((int(each["config_value"]) for each in entries if each["config_names"] == MIN_IN_SYNC), 1)


def _brokers(many: int) -> str:
    return "only 1 broker answers" if many == 1 else f"only {many} brokers answer"
