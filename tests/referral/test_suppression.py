"""Small counts stay secret, also from whoever subtracts everything from everything."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.domain.suppression import TOTAL, Cell, hidden, published, with_margins

ROWS, COLUMNS = ["31", "09", "2A", "75"], ["F", "M", "X"]
TABLES = st.dictionaries(
    st.builds(Cell, st.sampled_from(ROWS), st.sampled_from(COLUMNS)), st.integers(0, 30), max_size=12
).map(lambda counts: with_margins(counts, ROWS, COLUMNS))


def computed_by_whoever_subtracts(shown: dict[Cell, int | None]) -> set[Cell]:
    """The hidden cells that the published ones determine: what Gauss finds out from all equations of the table."""
    unknown = sorted(cell for cell, count in shown.items() if count is None)
    rows = [[Fraction(number) for number in line] for line in equations(shown, unknown)]
    pivots: list[tuple[int, int]] = []
    for at, _ in enumerate(unknown):
        found = next((n for n in range(len(pivots), len(rows)) if rows[n][at]), None)
        if found is None:
            continue
        top = len(pivots)
        rows[top], rows[found] = rows[found], rows[top]
        rows[top] = [each / rows[top][at] for each in rows[top]]
        for n, row in enumerate(rows):
            if n != top and row[at]:
                rows[n] = [each - row[at] * other for each, other in zip(row, rows[top], strict=True)]
        pivots.append((top, at))
    return {unknown[at] for top, at in pivots if not any(rows[top][:at] + rows[top][at + 1 : -1])}


def equations(shown: dict[Cell, int | None], unknown: list[Cell]) -> list[list[int]]:
    """Each row and each column: its cells less its total is nothing. Coefficients of the unknown, and what is known."""
    lines = [[Cell(row, column) for column in [*COLUMNS, TOTAL]] for row in [*ROWS, TOTAL]]
    lines += [[Cell(row, column) for row in [*ROWS, TOTAL]] for column in [*COLUMNS, TOTAL]]
    made = []
    for line in lines:
        signs = {cell: -1 if cell == line[-1] else 1 for cell in line}
        known = -sum(signs[cell] * (shown[cell] or 0) for cell in line)
        made.append([*(signs.get(cell, 0) for cell in unknown), known])
    return made


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_nobody_who_subtracts_finds_a_small_count(table: dict[Cell, int]) -> None:
    shown = published(table)
    small = {cell for cell, count in table.items() if 0 < count < 5}
    assert all(shown[cell] is None for cell in small)
    assert not computed_by_whoever_subtracts(shown) & small


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_what_is_shown_is_true(table: dict[Cell, int]) -> None:
    assert all(count in (None, table[cell]) for cell, count in published(table).items())


@given(TABLES)
def test_a_table_without_small_counts_is_shown_whole(table: dict[Cell, int]) -> None:
    if not any(0 < count < 5 for count in table.values()):
        assert not hidden(table)


def test_one_small_count_takes_another_with_it_in_its_row_and_its_column() -> None:
    counts = {Cell(row, column): 20 for row in ROWS for column in COLUMNS} | {Cell("09", "X"): 2}
    secret = hidden(with_margins(counts, ROWS, COLUMNS))
    assert Cell("09", "X") in secret
    assert len([cell for cell in secret if cell.row == "09"]) >= 2
    assert len([cell for cell in secret if cell.column == "X"]) >= 2
    assert len(secret) <= 4


def test_the_attacker_of_this_test_does_find_what_is_hidden_alone() -> None:
    table = with_margins({Cell("31", "F"): 3, Cell("31", "M"): 20, Cell("09", "F"): 20}, ROWS, COLUMNS)
    careless: dict[Cell, int | None] = {cell: None if 0 < count < 5 else count for cell, count in table.items()}
    assert Cell("31", "F") in computed_by_whoever_subtracts(careless)


def test_nothing_is_no_secret() -> None:
    assert not hidden(with_margins({}, ROWS, COLUMNS))
