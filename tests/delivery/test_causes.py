"""A cause is made in one place, and never outside of a trace."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from deploy.local import ROOT
from shared.delivery.cause import Actor, Clocked, new_cause
from shared.delivery.clock import SystemClock
from shared.watch.traces import start_tracing, traceparent_now
from tests.flow.spans import UNNAMED, read_spans

FOLDERS = ("shared", "services", "cli", "deploy")


def built(path: Path) -> Iterator[int]:
    """The lines at which a cause is built by hand."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Cause":
            yield node.lineno


def test_a_cause_is_built_in_one_module_only() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if list(built(path))}
    assert found == {"shared/delivery/cause.py"}


class Traced:
    """A delivery that has a clock and spans."""

    def __init__(self, trace_file: Path | None = None) -> None:
        self.clock, self.tracing = SystemClock(), start_tracing("referral", "one", trace_file)


def test_a_cause_is_in_the_trace_of_what_is_going_on() -> None:
    delivery: Clocked = Traced()
    with delivery.tracing.hop("run", "close-days"):
        assert new_cause(delivery).trace == traceparent_now()


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_cause_outside_of_any_span_begins_a_trace_that_says_so(tmp_path: Path, is_kept: bool) -> None:
    delivery = Traced(tmp_path / "spans" if is_kept else None)
    trace = new_cause(delivery).trace
    delivery.tracing.close()
    assert trace is not None
    assert not is_kept or read_spans(tmp_path / "spans")[trace.split("-")[2]].name == UNNAMED


def test_a_cause_says_who_when_and_about_what_and_its_id_may_be_computed() -> None:
    by, id_, at = uuid4(), UUID(int=7), datetime(2026, 1, 5, tzinfo=UTC)
    cause = new_cause(Traced(), "a-case", by, id_=id_, at=at)
    assert (cause.id, cause.at, cause.subject, cause.by) == (id_, at, "a-case", Actor("app_user", str(by)))
