"""The demo on real servers, and what it says when somebody has broken something behind its back."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from deploy.demo.__main__ import ITS_END, NOTHING, ONE_MORE, one_more, play
from deploy.demo.comparing import read_expected
from deploy.demo.following import Run, published_keys
from deploy.demo.house import House
from deploy.local import ROOT
from deploy.samples.desk import Desk
from deploy.samples.reports import sample_reports
from shared.delivery.unsent import row_id

ENOUGH, SHORT, LONG_ENOUGH_TO_DIE = 60.0, 12.0, 25.0
Printed = pytest.CaptureFixture[str]
Sabotage = Callable[[Run], None]


def plays_well(house: House, patience: float = ENOUGH, during: Sabotage = lambda _run: None) -> bool:
    """Whether a demo of one report says that all is well."""
    sample = one_more(Desk(published_keys(house), uuid4(), datetime.now(UTC)))
    return play(house, [sample], {ONE_MORE: {**NOTHING, **ITS_END}}, patience, during)


@contextmanager
def database(house: House, service: str) -> Iterator[Database[dict[str, Any]]]:
    """A service's database, as somebody reaches it who should not."""
    with MongoClient[dict[str, Any]](house.stack.settings()["RELAIS_MONGO"]) as client:
        yield client[f"{house.namespace}_{service}"]


def test_the_demo_says_yes_when_all_is_well_also_the_second_time(house: House, capsys: Printed) -> None:
    assert plays_well(house)
    assert "In the software of partner-h7q2" in capsys.readouterr().out
    assert plays_well(house)


def test_what_the_demo_prints_to_treat_a_record_that_was_set_aside_works_as_it_stands(
    house: House, capsys: Printed
) -> None:
    expected = read_expected()
    samples = sample_reports(published_keys(house), uuid4(), datetime.now(UTC))
    aside = next(each for each in samples if expected[each.name]["set_aside"])
    assert play(house, [aside], {aside.name: expected[aside.name]}, ENOUGH)
    printed = re.findall(r"^  (export .*|\./relais set-aside .*)$", capsys.readouterr().out, re.M)
    assert len(printed) == 3
    mine = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
    done = subprocess.run(  # noqa: S603 # what an operator would paste
        ["/bin/sh", "-c", "\n".join(printed).replace("discard", "discard --yes")],
        cwd=ROOT,
        env=mine | {"RELAIS_STATE": str(house.stack.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "It is set-aside.\nIt is discarded.\n", done.stderr


def test_the_demo_says_no_when_nobody_sends_the_notices(house: House, capsys: Printed) -> None:
    house.services["notification"].stop()
    assert not plays_well(house, SHORT)
    assert re.search(r"one-more +told +iscg +nothing", capsys.readouterr().out)


def test_the_demo_says_no_when_audit_is_killed_on_the_way(house: House, capsys: Printed) -> None:
    def kill(run: Run) -> None:
        if run.sent:
            house.services["audit"].kill()

    assert not plays_well(house, SHORT, kill)
    # Whether the report reached the log before the kill is chance; that the log can't be checked any more is not.
    assert re.search(r"one-more +log +yes +no|The log could not be fetched", capsys.readouterr().out)


def test_the_demo_says_no_when_one_byte_of_the_log_was_flipped(house: House, capsys: Printed) -> None:
    assert plays_well(house)
    with database(house, "audit") as audit:
        leaf = bytearray(next(audit["entries"].find({"_id": 0}))["leaf"])
        leaf[10] ^= 1
        audit["entries"].update_one({"_id": 0}, {"$set": {"leaf": bytes(leaf)}})
    assert not plays_well(house)
    assert "The log does not hold" in capsys.readouterr().out


def test_the_demo_says_no_when_one_row_of_the_outbox_was_deleted(house: House, capsys: Printed) -> None:
    """Referral dies after its commits and before it publishes, until an assignment is among them; its row is deleted.

    What referral still had to read of the registry when it was stopped may be committed first, and says nothing.
    """
    house.services["referral"].stop()
    dying = house.stack.service("referral", {**house.settings(), "RELAIS_CRASH_POINT": "after-commit"})
    dying.launch()
    deleted = 0

    def delete(_run: Run) -> None:
        nonlocal deleted
        if deleted or dying.process.is_running():
            return
        with database(house, "referral") as referral:
            for unit in referral["unsent"].find():
                of_ours = {"_id": {"$gte": row_id(unit["_id"], 0)}, "headers.ce_type": "case.iscg-assigned.v1"}
                deleted += referral["outbox"].delete_one(of_ours).deleted_count
        (house.services["referral"] if deleted else dying).launch()

    assert not plays_well(house, LONG_ENOUGH_TO_DIE, delete)
    assert deleted == 1
    assert re.search(r"one-more +told +iscg +nothing", capsys.readouterr().out)
