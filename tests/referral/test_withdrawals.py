"""A burst of withdrawals keeps nobody else waiting, whether their cases are known or not."""

from collections.abc import Sequence
from uuid import UUID, uuid4, uuid5

import orjson
import pytest

from shared.contracts.events import ReportWithdrawn
from shared.contracts.vocabulary import WithdrawalReason
from shared.delivery import progress
from shared.delivery.record import Record
from tests.delivery.lane_of_one import Bench
from tests.delivery.toy import Stream, envelope_of
from tests.referral.builders import a_report
from tests.referral.lane import sealed, wiped

STATION = "PN-31-0001"


async def accepted(bench: Bench, stream: Stream, cases: Sequence[UUID]) -> list[Record]:
    """Reports that intake has accepted, each of a case of its own."""
    reports = [a_report(case_id=case, report_id=uuid5(case, "report"), station=STATION) for case in cases]
    bodies = [orjson.dumps(report.clear() | await sealed(bench.vault, report)) for report in reports]
    return [
        stream.add(envelope_of(report, report.case_id, 1), body) for report, body in zip(reports, bodies, strict=True)
    ]


def withdrawn(stream: Stream, case: UUID, n: int) -> Record:
    event = ReportWithdrawn(
        report_id=uuid5(case, "report"),
        case_id=case,
        revision=1,
        integrator="police",
        station=STATION,
        reason=WithdrawalReason.DUPLICATE,
    )
    return stream.add(envelope_of(event, case, n), orjson.dumps(event.clear()))


async def states(bench: Bench) -> dict[str, str]:
    return {row["_id"]: row["state"] async for row in bench.database["cases"].find()}


@pytest.mark.parametrize("together", [True, False])
async def test_reports_are_opened_beside_sixty_withdrawals_in_one_unit(bench: Bench, together: bool) -> None:
    await wiped(bench)
    stream, lanes = Stream(), bench.lanes()
    known, unknown, new = ([uuid4() for _ in range(n)] for n in (30, 30, 5))
    await lanes.run(await accepted(bench, stream, known))
    burst = [
        record
        for k, u in zip(known, unknown, strict=True)
        for record in (withdrawn(stream, k, 2), withdrawn(stream, u, 1))
    ]
    records = [*burst[:30], *await accepted(bench, stream, new), *burst[30:]]
    for batch in [records] if together else [[record] for record in records]:
        await lanes.run(batch)
    expected = {str(case): "cancelled" for case in known} | {str(case): "assigned" for case in new}
    assert await states(bench) == expected
    aside = await bench.rows(state="set-aside")
    assert [row["reason"] for row in aside] == ["unknown-subject"] * len(unknown)


async def test_a_withdrawal_looks_twice_and_no_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await wiped(bench)
    stream, lanes, case = Stream(), bench.lanes(), uuid4()
    await lanes.run(await accepted(bench, stream, [case]))
    monkeypatch.setattr(progress, "MOST_LOOKUPS", 1)
    await lanes.run([withdrawn(stream, case, 2)])
    assert await states(bench) == {str(case): "cancelled"}
