"""What an operator types about a record that intake could not read."""

import json
import os

from tests.flow.command import type_ as type_anywhere
from tests.flow.command import type_at_door
from tests.flow.house import House

GIVEN_UP = ("--because", "a test has sent it", "--yes")


async def type_(house: House, *words: str) -> tuple[int, str]:
    """`relais set-aside …` at intake's door: its exit status, and what it prints."""
    return await type_at_door(house, "intake", "operator-1", "set-aside", *words)


async def a_row(house: House) -> str:
    """The id of a row that was just set aside."""
    sample = await house.a_sample(f"unreadable-{os.urandom(4).hex()}")
    topic = f"{house.namespace}.station.reports.gendarmerie"
    record = await house.producer.send_and_wait(topic, b"{", sample.key, headers=list(sample.headers))
    return await house.set_aside(record)


async def test_an_operator_sees_replays_and_gives_up_a_record(house: House) -> None:
    row = await a_row(house)
    assert await type_(house, "replay", row) == (1, "It is set-aside.\n")
    status, shown = await type_(house, "show", row, "--justification", "a test has sent it")
    assert status == 0 and "ce_type" in shown and shown.rstrip().endswith("{")
    status, listed = await type_(house, "replay", "--reason", "not-json", "--dry-run")
    assert status == 0 and row in listed
    assert await type_(house, "discard", row, *GIVEN_UP) == (0, "It is discarded.\n")
    _, listed = await type_(house, "list")
    assert row not in listed


async def test_one_list_shows_every_service_and_a_record_is_found_wherever_it_is(house: House) -> None:
    row = await a_row(house)
    doors = " ".join(service.address for service in house.services.values())
    token = (await house.token("operator-1"))["authorization"].removeprefix("Bearer ")

    async def say(*words: str, urls: str = doors) -> tuple[int, str]:
        return await type_anywhere(house, "set-aside", *words, RELAIS_URL=urls, RELAIS_TOKEN=token)

    status, listed = await say("list", "--json")
    assert status == 0
    assert next(each for each in json.loads(listed) if each["_id"] == row)["service"] == "intake"
    one = house.services["audit"].address
    status, said = await say("list", urls=f"{one} {one}")
    assert status == 1 and "None of the addresses" in said
    status, shown = await say("show", row, "--justification", "a test has sent it", "--json")
    assert status == 0 and json.loads(shown)["value"] == "{"
    assert await say("discard", row, *GIVEN_UP) == (0, "It is discarded.\n")
    assert (await say("discard", row, *GIVEN_UP))[1] == "No service has set such a record aside.\n"


async def test_a_refusal_is_one_sentence_and_an_exit_status(house: House) -> None:
    unknown = "5a0c8f0e-3a56-5d7b-9a39-7c1f6f0e2d41"
    assert (await type_(house, "discard", unknown, *GIVEN_UP))[0] == 1
    status, said = await type_(house, "list", "--token", "nobody")
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith("Refused (401)")


async def test_several_records_are_replayed_by_what_they_have_in_common(house: House) -> None:
    rows = {await a_row(house) for _ in range(2)}
    status, said = await type_(house, "replay", "--reason", "not-json", "--topic", "station.reports.gendarmerie")
    assert status == 1 and said.endswith(" set-aside\n")
    assert (await type_(house, "replay"))[1].startswith("Name one record by its id")
    for row in rows:
        assert (await type_(house, "discard", row, *GIVEN_UP))[0] == 0


async def test_words_that_say_nothing_are_refused_with_their_place(house: House) -> None:
    row = await a_row(house)
    status, said = await type_(house, "discard", row, "--because", "x", "--yes")
    assert status == 1 and said.startswith("Refused (422)")
    assert (await type_(house, "discard", row, *GIVEN_UP))[0] == 0
