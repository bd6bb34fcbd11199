"""The law of access at intake: an integrator follows its own reports, and speaks for its own stations."""

from uuid import uuid4

from tests.intake.counter import GENDARMERIE, POLICE, Counter, a_clear_report, dumped
from tests.web.objects import objects_of
from tests.web.requests import routes_of

POLICE_STATION = "PN-31-0001"


async def test_no_integrator_reaches_the_reports_of_another(doors: Counter) -> None:
    mine, others = a_clear_report(), a_clear_report(station=POLICE_STATION)
    for report, who in ((mine, GENDARMERIE), (others, POLICE)):
        answer = await doors.hand_in(dumped(report), who=who)
        assert answer.status_code == 201, answer.text
    routes = [each for each in routes_of(doors.app) if "report" in objects_of(each).values()]
    assert routes
    for route in routes:
        for report_id, status in ((mine["report_id"], 200), (others["report_id"], 404), (str(uuid4()), 404)):
            path, _, _ = route.request(lambda _name, _schema, id_=report_id: id_)  # type: ignore[misc] # bound now
            assert (await doors.ask(path, GENDARMERIE)).status_code == status


async def test_a_report_that_names_what_is_anothers_is_refused_and_changes_nothing(doors: Counter) -> None:
    others = a_clear_report(station=POLICE_STATION)
    assert (await doors.hand_in(dumped(others), who=POLICE)).status_code == 201
    for station in (POLICE_STATION, "GN-99-9999"):
        answer = await doors.hand_in(dumped(a_clear_report(station=station)), who=GENDARMERIE)
        assert answer.status_code in {403, 422}, answer.text
    # The same id is another report where another integrator sends it.
    answer = await doors.hand_in(dumped(a_clear_report(report_id=others["report_id"], revision=2)), who=GENDARMERIE)
    assert answer.status_code in {201, 202}, answer.text
    row = await doors.bench.database["reports"].find_one({"_id": f"{POLICE}/{others['report_id']}"})
    assert row and row["revision"] == 1
