"""The table of journeys, as it is watched and as it is left behind."""

import time
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploy.demo.comparing import Disagreement
from deploy.demo.following import Run
from deploy.demo.history import History
from deploy.demo.journey import Journey

HEADS = ("sample", "report", "answer", "case", "ISCG", "referral", "told", "log line", "ms to answer, told, log")
LONG, NUMBERS = frozenset({"sample", "answer", "told"}), frozenset(HEADS[-2:])
WINDOW = 18


def show_run(run: Run) -> RenderableType:
    """The journeys that still go on, and how many have come to their expected end."""
    wrong = {each.sample for each in run.wrong()}
    ended = sum(each not in wrong for each in run.expected)
    line = f"{len(run.sent)} sent, {ended} of {len(run.expected)} as expected, {time.monotonic() - run.started:.0f} s"
    journeys = run.journeys()
    under_way = [each for each in journeys if each.sent.name in wrong] or journeys
    return Group(journeys_table(under_way[-WINDOW:], run.history), Text(line, "bold"), Text(run.trouble, "yellow"))


def journeys_table(journeys: Sequence[Journey], history: History) -> Table:
    """Report → case → ISCG → referral → notices → line of the log, and how long after the broker took it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in HEADS:
        table.add_column(
            head, justify="right" if head in NUMBERS else "left", no_wrap=head not in LONG, overflow="fold"
        )
    for journey in journeys:
        table.add_row(*_cells(journey, history))
    return table


def disagreements_table(wrong: Sequence[Disagreement]) -> Table:
    """What is not as `expected.csv` says."""
    table = Table("sample", "what", "expected", "found", box=None, pad_edge=False, header_style="bold red")
    for each in wrong:
        table.add_row(each.sample, each.what, each.expected or "nothing", each.found or "nothing")
    return table


def _cells(journey: Journey, history: History) -> list[str]:
    report = journey.receipts[0].members.get("report_id", "") if journey.receipts else ""
    line = journey.last_line
    answered = [heard.at for heard in (*journey.receipts, *journey.set_aside)]
    told = [heard.at for heard in journey.told]
    signed = [at for at in [history.signed_at(line)] if at] if line is not None else []
    return [
        journey.sent.name,
        report[:8],
        _answer(journey),
        (journey.case_id or "")[:8],
        _holder(journey),
        "sent" if journey.referred else "",
        ", ".join(heard.members["ref"] for heard in journey.told),
        "" if line is None else str(line),
        ", ".join(_after(journey, times) for times in (answered, told, signed)),
    ]


def _answer(journey: Journey) -> str:
    receipts = [heard.members.get("reason") or heard.members["outcome"] for heard in journey.receipts]
    return ", ".join([*receipts, *(f"set aside: {heard.members['reason']}" for heard in journey.set_aside)])


def _holder(journey: Journey) -> str:
    escalated = [f"coordinator: {heard.members['reason']}" for heard in journey.escalated]
    return ", ".join([*(heard.members["iscg_id"] for heard in journey.assigned), *escalated])


def _after(journey: Journey, times: Sequence[int]) -> str:
    return str(max(times) - journey.sent.at) if times else "-"
