"""What tells of a person's needs is shown under an opening: of that case, for that person, for thirty minutes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from pymongo import AsyncMongoClient

from services.referral.domain.case import Case
from services.referral.domain.posts import Absence
from services.referral.store import OPENINGS, POSTS
from shared.delivery.shelf import Key, load
from tests.referral.builders import a_post
from tests.referral.doors import House, iscg_who, open_house

HOLDER, COVER = "iscg-1", "iscg-2"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def house(mongo: AsyncMongoClient[Any], namespace: str) -> AsyncIterator[House]:
    async with open_house(mongo[f"{namespace}_referral"], mongo[f"{namespace}_vault"]) as made:
        await made.put((POSTS, "post-1", a_post("post-1", iscg=iscg_who(HOLDER))))
        yield made


@pytest.fixture(scope="module")
async def case(house: House) -> Case:
    """A case whose ISCG is away and covered: two may look at it."""
    made = await house.a_case()
    today = datetime.now(UTC).date()
    away = (Absence(first_day=today - DAY, last_day=today + 30 * DAY, covered_by="post-2"),)
    await house.put(
        (POSTS, "post-1", a_post("post-1", iscg=iscg_who(HOLDER), absences=away)),
        (POSTS, "post-2", a_post("post-2", iscg=iscg_who(COVER))),
    )
    assert (await house.ask(HOLDER, "iscg", f"POST /v1/cases/{made.id}/acceptance")).status_code == 200
    return made


async def opened(house: House, case_id: UUID, who: str = HOLDER, part: str = "file") -> dict[str, Any]:
    reason = {"purpose": "follow-up", "justification": "Orientation", "parts": [part]}
    answer = await house.ask(who, "iscg", f"POST /v1/cases/{case_id}/openings", json=reason)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def proposals(house: House, case_id: UUID, opening: object, who: str = HOLDER) -> tuple[int, str]:
    params = {"opening": str(opening)}
    answer = await house.ask(who, "iscg", f"GET /v1/cases/{case_id}/proposals", params=params)
    return answer.status_code, answer.json().get("type", "")


REFUSED = (403, "/problems/no-opening")


async def test_proposals_are_shown_under_ones_own_opening_of_the_file_of_that_case(house: House, case: Case) -> None:
    shown = await opened(house, case.id)
    assert await proposals(house, case.id, shown["opening_id"]) == (200, "")
    foreign = [
        uuid4(),
        (await opened(house, case.id, part="contact"))["opening_id"],
        (await opened(house, case.id, COVER))["opening_id"],
    ]
    assert {await proposals(house, case.id, each) for each in foreign} == {REFUSED}
    elsewhere = await opened(house, (await house.a_case()).id, COVER)
    assert await proposals(house, case.id, elsewhere["opening_id"], COVER) == REFUSED


async def test_an_opening_is_over_after_thirty_minutes_and_its_line_says_so(house: House, case: Case) -> None:
    shown = await opened(house, case.id)
    key: Key = (OPENINGS, shown["opening_id"])
    opening = (await load(house.delivery.database, [key]))[key].state
    assert opening.until == opening.opened_at + timedelta(minutes=30)
    said = house.delivery.database["outbox"].find({"headers.ce_type": "access.personal-data-consulted.v1"})
    lines = [orjson.loads(row["bytes"]) async for row in said]
    [line] = [each for each in lines if each["opening_id"] == shown["opening_id"]]
    assert datetime.fromisoformat(line["until"]) == datetime.fromisoformat(shown["until"]) == opening.until
    await house.put((*key, opening.model_copy(update={"until": datetime.now(UTC)})))
    assert await proposals(house, case.id, shown["opening_id"]) == REFUSED


async def test_the_answer_of_an_assessment_tells_nothing_of_the_person(house: House, case: Case) -> None:
    path = f"PUT /v1/cases/{case.id}/assessment"
    answer = await house.ask(HOLDER, "iscg", path, json={"needs": ["shelter"]})
    assert (answer.status_code, set(answer.json())) == (200, {"case_id", "state", "assignment_id"}), answer.text
