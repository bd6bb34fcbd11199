"""Intake's doors: the published keys, and how a report stands for whoever handed it in."""

from uuid import UUID, uuid4

import pytest

from shared.delivery.lanes import Lanes
from shared.delivery.set_aside import SetAside
from tests.intake.builders import a_door, a_record, a_report, a_ring
from tests.intake.counter import GENDARMERIE, POLICE, Counter
from tests.web.builders import problem


async def a_taken_report(doors: Counter) -> UUID:
    """A report that came by Kafka and can be followed by HTTP."""
    report_id = uuid4()
    await doors.take(a_report(report_id=str(report_id)))
    return report_id


async def test_an_integrator_follows_its_own_report(doors: Counter) -> None:
    report_id = await a_taken_report(doors)
    answer = await doors.ask(f"/v1/reports/{report_id}", GENDARMERIE)
    assert answer.status_code == 200
    assert answer.json() == {
        "report_id": str(report_id),
        "revision": 1,
        "standing": "received",
        "received_at": "2026-11-25T08:00:00Z",
    }


@pytest.mark.parametrize("who", [POLICE, "nobody-we-know"])
async def test_a_report_of_others_does_not_exist(doors: Counter, who: str) -> None:
    report_id = await a_taken_report(doors)
    assert problem(await doors.ask(f"/v1/reports/{report_id}", who)) == (404, "not-found")


async def test_a_report_that_never_came_is_not_found(doors: Counter) -> None:
    assert problem(await doors.ask(f"/v1/reports/{uuid4()}", GENDARMERIE)) == (404, "not-found")


async def test_a_social_worker_follows_no_report(doors: Counter) -> None:
    assert problem(await doors.ask(f"/v1/reports/{uuid4()}", GENDARMERIE, role="iscg"))[0] == 403


async def test_nobody_follows_a_report_without_a_token(doors: Counter) -> None:
    assert problem(await doors.ask(f"/v1/reports/{uuid4()}"))[0] == 401


async def test_the_published_keys_are_open_to_all_and_hold_nothing_private(doors: Counter) -> None:
    answer = await doors.ask("/.well-known/jwks.json")
    keys = answer.json()["keys"]
    assert {key["use"] for key in keys} == {"enc", "sig"}
    assert not any("d" in key for key in keys)
    assert answer.headers["cache-control"] == "public, max-age=3600"


async def test_a_report_sealed_for_a_lost_key_is_taken_once_the_key_is_back(doors: Counter) -> None:
    bench, report_id = doors.bench, uuid4()
    lanes = Lanes(bench.delivery, lambda _topic: a_door(a_ring("lost")), bench.book)
    await lanes.run([a_record(a_report(report_id=str(report_id)), offset=7)])
    [row] = await bench.database["set_aside"].find({"state": "set-aside"}).to_list()
    replaying = SetAside(bench.delivery, lambda _topic: a_door(), bench.book)
    assert await replaying.replay(row["_id"]) == "done"
    answer = await doors.ask(f"/v1/reports/{report_id}", GENDARMERIE)
    assert answer.json()["received_at"] == "2026-11-25T08:00:00Z"
