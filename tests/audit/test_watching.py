"""What an operator is told of the log."""

import pytest

from services.audit.domain.repeats import Sorted
from services.audit.watching import telling
from shared.watch.metrics import INBOX_REPEATS, LOG_ALARMS, LOG_SIZE, RECORDS, Metrics
from tests.audit.builders import a_line, ours

NO_EVENT = {
    "station.reports.police": "unreadable-report",
    "station.receipts.police": "unreadable",
    "relais.cases": "unreadable",
    "relais.access": "unreadable",
}


@pytest.mark.parametrize("topic", NO_EVENT)
def test_a_strangers_rubbish_is_a_ticket_and_what_we_cannot_read_of_ours_a_page(topic: str) -> None:
    metrics = Metrics("audit")
    telling(metrics)(Sorted((a_line([], (topic, 0, 1)),), repeats=0), 1)
    counted = {kind: metrics[LOG_ALARMS].labels(kind)._value.get() for kind in ("unreadable", "unreadable-report")}
    assert {kind for kind, many in counted.items() if many} == {NO_EVENT[topic]}


def test_lines_that_tell_of_trouble_raise_the_alarm_and_no_others() -> None:
    metrics, event = Metrics("audit"), a_line(ours())
    unreadable, conflict = a_line([]), a_line(ours()).leaf.in_conflict()
    telling(metrics)(Sorted((event, unreadable, type(event)(conflict)), repeats=2), 7)
    alarms = [metrics[LOG_ALARMS].labels(kind)._value.get() for kind in ("unreadable", "conflict", "gap", "reset")]
    assert alarms == [1, 1, 0, 0]
    assert metrics[LOG_SIZE]._value.get() == 7
    assert (metrics[RECORDS].labels("done")._value.get(), metrics[INBOX_REPEATS]._value.get()) == (3, 2)
