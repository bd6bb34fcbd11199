import json
import re
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from deploy.local import ROOT
from shared.watch.traces import ROOTS, Step, start_tracing, traceparent_now

NAME = "Zoé Lacanary"
STATION = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
EVENT_ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def spans(file: Path) -> dict[str, dict[str, Any]]:
    return {span["name"]: span for span in map(json.loads, file.read_text().splitlines())}


def test_one_trace_leads_over_an_outbox_row_to_the_next_service(tmp_path: Path) -> None:
    intake = start_tracing("intake", "one", tmp_path / "spans")
    with intake.hop("decide", "station.report-submitted.v1"), intake.hop("decide", "report.accepted.v1"):
        row = traceparent_now()
    intake.close()
    referral = start_tracing("referral", "one", tmp_path / "spans")
    with referral.hop("decide", "case.opened.v1", parent=row, event_id=EVENT_ID):
        pass
    referral.close()
    written = spans(tmp_path / "spans")
    assert len({span["context"]["trace_id"] for span in written.values()}) == 1
    assert written["decide case.opened.v1"]["parent_id"] == written["decide report.accepted.v1"]["context"]["span_id"]
    assert written["decide case.opened.v1"]["attributes"] == {"relais.event_id": str(EVENT_ID)}
    assert written["decide case.opened.v1"]["resource"]["attributes"]["service.name"] == "referral"


def test_a_station_s_own_trace_becomes_a_link_and_never_a_parent(tmp_path: Path) -> None:
    tracing = start_tracing("intake", "one", tmp_path / "spans")
    with tracing.hop("decide", "station.report-submitted.v1", links=[STATION]):
        pass
    tracing.close()
    span = spans(tmp_path / "spans")["decide station.report-submitted.v1"]
    assert span["parent_id"] is None
    assert span["context"]["trace_id"].removeprefix("0x") not in STATION
    assert span["links"][0]["context"]["trace_id"].removeprefix("0x") in STATION


@pytest.mark.parametrize("rubbish", [NAME, "", "00-0-0-01", "ff" * 40, STATION + "\r\nx: y"])
def test_an_unreadable_traceparent_starts_a_trace_of_its_own(tmp_path: Path, rubbish: str) -> None:
    tracing = start_tracing("intake", "one", tmp_path / "spans")
    with tracing.hop("decide", "station.report-submitted.v1", parent=rubbish, links=[rubbish]):
        pass
    tracing.close()
    span = spans(tmp_path / "spans")["decide station.report-submitted.v1"]
    assert (span["parent_id"], span["links"]) == (None, [])


def test_a_trace_goes_on_where_no_spans_are_kept() -> None:
    tracing = start_tracing("intake", "one")
    with tracing.hop("decide", "station.report-submitted.v1"):
        first = traceparent_now()
        with tracing.hop("decide", "report.accepted.v1"):
            second = traceparent_now()
    tracing.close()
    assert first is not None
    assert second is not None
    assert first.split("-")[1] == second.split("-")[1]


def test_outside_of_any_hop_there_is_nothing_to_pass_on() -> None:
    assert traceparent_now() is None


def test_a_span_tells_a_failure_s_type_and_nothing_that_was_handled(tmp_path: Path) -> None:
    tracing = start_tracing("intake", "one", tmp_path / "spans")
    hop = tracing.hop("decide", NAME, parent=STATION, case_id=NAME, key="some-key")
    with pytest.raises(ValueError, match="Lacanary"), hop:
        raise ValueError(NAME)
    tracing.close()
    span = spans(tmp_path / "spans")["decide unknown"]
    assert span["status"] == {"status_code": "ERROR", "description": "ValueError"}
    assert (span["events"], span["attributes"]) == ([], {})
    assert "Lacanary" not in (tmp_path / "spans").read_text()


def test_a_trace_is_passed_on_where_no_span_is_kept() -> None:
    tracing = start_tracing("referral", "referral-1")
    ours = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert tracing.follow("decide", "report.accepted.v1", parent=ours) == ours


def test_a_trace_that_cannot_be_read_is_not_passed_on() -> None:
    tracing = start_tracing("referral", "referral-1")
    assert "Canari" not in tracing.follow("decide", "report.accepted.v1", parent="Canari")


def test_a_foreign_trace_begins_a_trace_of_our_own() -> None:
    tracing = start_tracing("intake", "intake-1")
    foreign = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    begun = tracing.follow("decide", "station.report-submitted.v1", links=[foreign])
    assert begun.split("-")[1] != foreign.split("-")[1]
    assert len(begun) == len(foreign)


def test_a_trace_goes_on_from_the_current_span_where_no_parent_is_named() -> None:
    tracing = start_tracing("intake", "one")
    with tracing.hop("answer", "request"):
        assert tracing.follow("decide", "record") == traceparent_now()


def test_every_step_is_explained_to_operators_and_whether_a_trace_begins_with_it() -> None:
    page = (ROOT / "docs/traces.md").read_text("utf-8")
    told = re.findall(r"^\| `([a-z]+)` \| .* \| (yes|no)[^|]* \|$", page, re.MULTILINE)
    assert [step for step, _ in told] == list(get_args(Step))
    assert {step for step, begins in told if begins == "yes"} == ROOTS
