"""An operator changes who works where, looks at how a place is covered, counts a year, and erases what is due."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.roster import tell_stations
from services.notification.webhooks import secret_of
from services.referral import commands
from services.referral.settings import ReferralSettings
from tests.flow.command import type_
from tests.flow.house import House
from tests.flow.people import round_the_clock
from tests.referral.test_directory_file import a_structure

IMPORT = ("roster", "import")
WHY = ("--reason", "arrival", "--by", "operator-1")


def roster(folder: Path, change: dict[str, Any]) -> str:
    """The house's roster, with one post changed."""
    members = round_the_clock()
    members["posts"][0] |= change
    path = folder / "roster.json"
    path.write_text(json.dumps(members), encoding="utf-8")
    return str(path)


async def test_a_roster_is_shown_first_and_then_everybody_knows(house: House, tmp_path: Path) -> None:
    file = roster(tmp_path, {"share": 80})
    status, shown = await type_(house, *IMPORT, file, *WHY, "--dry-run")
    assert status == 0 and "post-31-1" in shown and "share 80" in shown
    status, said = await type_(house, *IMPORT, file, *WHY, "--yes")
    assert status == 0 and "1 changes" in said
    assert (await type_(house, *IMPORT, file, *WHY, "--yes"))[1] == "Nothing changes.\n"
    told = [each for each in await house.history(["relais.cases"]) if each.key == "post-31-1"]
    assert (told[-1].headers["ce_type"], json.loads(told[-1].value)["share"]) == ("roster.post-changed.v1", 80)
    assert told[-1].headers["ce_authid"]
    assert (await type_(house, *IMPORT, roster(tmp_path, {}), *WHY, "--yes"))[0] == 0


async def test_a_post_may_have_no_presences_and_stations_are_told_all_the_same(house: House, tmp_path: Path) -> None:
    nowhere = {"station": "PN-31-0001", "zone": "Europe/Paris", "hours": []}
    for presences in ([], [nowhere]):
        status, said = await type_(house, *IMPORT, roster(tmp_path, {"presences": presences}), *WHY, "--yes")
        assert (status, "stations were not told" in said, "Traceback" in said) == (0, False, False), said
    [last] = [each for each in await house.history(["relais.standing"]) if each.key == "PN-31-0002"][-1:]
    assert json.loads(last.value)["openings"], "post-31-3 still sits there"
    assert (await type_(house, *IMPORT, roster(tmp_path, {}), *WHY, "--yes"))[0] == 0


async def test_a_presence_of_elsewhere_needs_the_word_of_its_coordinator(house: House, tmp_path: Path) -> None:
    there = {"station": "GN-09-0101", "zone": "Europe/Paris", "hours": []}
    file = roster(tmp_path, {"presences": [*round_the_clock()["posts"][0]["presences"], there]})
    status, said = await type_(house, *IMPORT, file, *WHY, "--yes")
    assert status == 1 and "relais roster agree post-31-1 GN-09-0101" in said
    agree = ("roster", "agree", "post-31-1", "GN-09-0101", "--reason", "reorganisation", "--by")
    for who, whole in (("coordinator-31", "coordinates no département"), ("coordinator-09", "may sit at GN-09-0101")):
        status, said = await type_(house, *agree, who)
        assert (status == 0, whole in said) == (who == "coordinator-09", True), said
    assert (await type_(house, *IMPORT, file, *WHY, "--yes"))[0] == 0
    assert "no longer" in (await type_(house, *agree, "coordinator-09", "--withdraw"))[1]
    assert (await type_(house, *IMPORT, roster(tmp_path, {}), *WHY, "--yes"))[0] == 0


async def test_a_house_in_which_everybody_can_be_told_passes_the_check(house: House) -> None:
    assert await type_(house, "roster", "check") == (0, "Everybody can be told by a channel at least.\n")
    assert (await type_(house, "roster", "check", "--json"))[1].strip() == "[]"


async def test_a_file_that_ends_more_than_it_names_needs_the_number(house: House, tmp_path: Path) -> None:
    members = round_the_clock()
    path = tmp_path / "roster.json"
    path.write_text(json.dumps(members | {"posts": [], "partners": []}), encoding="utf-8")
    for more in ((), ("--closing", "1")):
        status, said = await type_(house, *IMPORT, str(path), *WHY, "--yes", *more)
        assert (status, "Nothing was changed" in said, "--closing" in said) == (1, True, True), said


def test_what_fails_after_a_roster_is_kept_is_told_and_does_not_look_like_a_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(_settings: object) -> None:
        raise TypeError

    monkeypatch.setattr(commands, "tell_stations", fail)
    tell_stations(ReferralSettings.model_construct())
    said = capsys.readouterr().err
    assert said.startswith("The roster is kept") and "TypeError" in said and "within an hour" in said


async def test_a_faulty_roster_changes_nothing_and_names_the_place(house: House, tmp_path: Path) -> None:
    status, said = await type_(house, *IMPORT, roster(tmp_path, {"share": 200}), *WHY, "--yes")
    assert status == 1 and "line 1, column" in said and "/posts/0/share" in said and "nothing was changed" in said
    covered = {"absences": [{"first_day": "2026-12-01", "last_day": "2026-12-02", "covered_by": "post-31-1"}]}
    status, said = await type_(house, *IMPORT, roster(tmp_path, covered), *WHY, "--yes")
    assert status == 1 and "post-31-1 is covered by post-31-1" in said


async def test_partners_come_from_the_public_directory_and_go_when_it_names_them_no_more(
    house: House, tmp_path: Path
) -> None:
    path = tmp_path / "structures.json"
    command = ("partners", "import", str(path), "--departement", "09", *WHY, "--yes")
    path.write_text(json.dumps([a_structure(code_insee="09122"), a_structure(id="dora--2")]), encoding="utf-8")
    status, said = await type_(house, *command)
    assert status == 0 and "1 left out: in another département." in said and "1 changes." in said
    assert (await type_(house, *command))[1].endswith("Nothing changes.\n")
    path.write_text("[]", encoding="utf-8")
    status, said = await type_(house, *command)
    assert status == 1 and "nothing was changed" in said and "the list is empty" in said
    path.write_text(json.dumps([a_structure(id="dora--2")]), encoding="utf-8")
    status, said = await type_(house, *command)
    assert status == 1 and "--closing 1" in said
    status, said = await type_(house, *command, "--closing", "1")
    assert status == 0 and "end" in said
    path.write_text(json.dumps([{"nom": "dora--3"}]), encoding="utf-8")
    status, said = await type_(house, *command)
    assert status == 1 and "nothing was changed" in said and "/0/id" in said


async def test_coverage_is_shown_against_the_goal(house: House) -> None:
    status, shown = await type_(house, "coverage", "--since", "2026-01-01")
    assert status == 0 and "2 of 3 départements reach the goal" in shown
    status, said = await type_(house, "coverage", "--json")
    assert {each["departement"] for each in json.loads(said)} == {"09", "2A", "31"}
    assert (await type_(house, "coverage", "--on", "tomorrow"))[0] == 2


async def test_a_year_is_counted_as_a_table_as_csv_and_as_json(house: House) -> None:
    forms = {(): "in time", ("--csv",): "table,departement,value,count", ("--json",): '"tables"'}
    for form, said in forms.items():
        status, shown = await type_(house, "statistics", "--year", "2024", *form)
        assert status == 0 and said in shown
    status, said_no = await type_(house, "statistics", "--year", "2199")
    assert status == 1 and "published on 2200-02-01" in said_no


async def test_nothing_is_due_for_erasure_on_the_first_day(house: House) -> None:
    status, said = await type_(house, "erase", "--yes")
    assert (status, said) == (0, "0 ended cases are due: the last contact was over 730 days ago.\n")


async def test_an_operator_reads_the_secret_that_a_partners_software_verifies_with(house: House) -> None:
    ask = ("partners", "webhook-secret", "partner-h7q2")
    no_file = {"RELAIS_WEBHOOK_SECRETS_FILE": ""}
    status, said = await type_(house, *ask, RELAIS_WEBHOOK_SECRETS=f"{'n' * 40},{'o' * 40}", **no_file)
    assert status == 0
    assert said.split() == [secret_of("n" * 40, "partner-h7q2"), secret_of("o" * 40, "partner-h7q2")]
    assert (await type_(house, *ask, **no_file))[0] == 1
    status, said = await type_(house, *ask, RELAIS_WEBHOOK_SECRETS="short", **no_file)
    assert status == 78 and "RELAIS_WEBHOOK_SECRETS" in said and "32 characters" in said
