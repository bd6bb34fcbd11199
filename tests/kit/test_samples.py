"""The kit's samples show every rule, and the kit says of each what it must be answered."""

from pathlib import Path

import orjson
import pytest
from relais_kit.app import app
from relais_kit.checking import check_bytes, check_file, check_members
from relais_kit.samples import Sample, samples
from typer.testing import CliRunner

from shared.contracts.vocabulary import FaultCode
from tests.contracts.builders import a_clear_part, a_withdrawal

ONLY_SEALED = {FaultCode.NOT_JSON, FaultCode.TOO_DEEP, FaultCode.REPEATED_MEMBER}
"""Told of what stands in a JWE alone."""
OF_SEVERAL = {FaultCode.CONTACT_OF_OTHER_ROLE}
"""Told of two reports together."""
OF_NO_RULE = {FaultCode.MORE_FAULTS, FaultCode.INVALID}


def test_there_are_enough_and_each_has_a_name_and_an_id_of_its_own() -> None:
    every = samples()
    assert len(every) >= 80
    assert len({sample.name for sample in every}) == len(every)
    ids = {sample.report["report_id"] for sample in every if "report_id" in sample.report}
    assert len(ids) == len([sample for sample in every if "report_id" in sample.report])


def test_every_fault_is_shown_at_least_once() -> None:
    shown = {code for sample in samples() for _, code in sample.faults}
    assert shown == {str(code) for code in FaultCode} - ONLY_SEALED - OF_SEVERAL - OF_NO_RULE


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_the_kit_says_what_the_sample_must_be_answered(sample: Sample) -> None:
    found = check_members(sample.name, sample.report)
    assert found.outcome == sample.outcome
    assert {(fault["pointer"], fault["code"]) for fault in found.faults} == set(sample.faults)
    assert all(fault["en"] and fault["fr"] for fault in found.faults)


def test_what_is_sealed_is_checked_as_far_as_it_can_be_seen() -> None:
    assert check_members("", a_clear_part()).outcome == "sealed"
    found = check_members("", a_clear_part(urgency="soon"))
    assert [(fault["pointer"], fault["code"]) for fault in found.faults] == [("/urgency", "not-in-list")]


def test_withdrawals_and_events_are_checked_too() -> None:
    assert check_members("", a_withdrawal()).outcome == "withdrawn"
    assert check_members("", a_withdrawal(reason="whim")).outcome == "rejected"
    event = {"specversion": "1.0", "type": "station.report-withdrawn.v1", "data": a_withdrawal()}
    assert check_members("", event).outcome == "withdrawn"
    assert check_members("", event | {"type": "station.report-forwarded.v1"}).outcome == "rejected"


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"test": NaN}', b"[" * 40, b'{"a":1,"a":2}', b"x" * 300_000, b"7"])
def test_what_is_no_report_is_told_in_a_sentence(body: bytes) -> None:
    found = check_bytes("a.json", body)
    assert not found.is_good and found.faults[0]["en"]


@pytest.mark.parametrize("command", ["check", "seal", "open-receipt"])
def test_a_folder_is_no_report_and_told_so(command: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [command, str(tmp_path), "--keys", str(tmp_path)][: 2 if command == "check" else 4])
    assert (done.exit_code, "Traceback" in done.output) == (2, False)


def test_a_file_of_lines_is_checked_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "reports.jsonl"
    lines = [orjson.dumps(sample.report) for sample in samples()[:3]]
    file.write_bytes(b"\n".join([*lines, b"", b"{"]))
    assert [(each.where, each.is_good) for each in check_file(file)] == [
        ("reports.jsonl:1", True),
        ("reports.jsonl:2", True),
        ("reports.jsonl:3", True),
        ("reports.jsonl:5", False),
    ]
