from itertools import groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.delivery.outbox import waves

ROWS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        aggregate=st.sampled_from(["cases/a", "cases/b", "streams/x"]),
        rev=st.integers(1, 4),
        i=st.integers(0, 3),
        topic=st.sampled_from(["relais.cases", "relais.access", "relais.standing"]),
    ),
    unique_by=lambda row: (row["aggregate"], row["rev"], row["i"]),
)


def place(row: dict[str, Any]) -> tuple[int, int]:
    return row["rev"], row["i"]


@given(ROWS)
def test_waves_send_every_row_exactly_once(rows: list[dict[str, Any]]) -> None:
    sent = [row for wave in waves(rows) for row in wave]
    assert sorted(map(str, sent)) == sorted(map(str, rows))


@given(ROWS)
def test_waves_keep_each_aggregates_rows_in_order(rows: list[dict[str, Any]]) -> None:
    sent = [row for wave in waves(rows) for row in wave]
    for aggregate in {row["aggregate"] for row in rows}:
        places = [place(row) for row in sent if row["aggregate"] == aggregate]
        assert places == sorted(places)


@given(ROWS)
def test_an_aggregates_rows_on_two_topics_never_share_a_wave(rows: list[dict[str, Any]]) -> None:
    for wave in waves(rows):
        by_aggregate = sorted(wave, key=lambda row: str(row["aggregate"]))
        for _, mine in groupby(by_aggregate, key=lambda row: str(row["aggregate"])):
            assert len({row["topic"] for row in mine}) == 1
