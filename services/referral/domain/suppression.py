"""Secret statistique: small counts are hidden, and with them as many others as it takes that nobody can subtract.

A table is published with its margins. Each row and each column, the totals among them, is an equation; so a table with
hidden cells is a graph, rows on one side, columns on the other, a hidden cell between its row and its column. A hidden
cell can be computed by whoever subtracts if and only if no circle of hidden cells goes through it (Cox, "Suppression
methodology and statistical disclosure control", JASA 75, 1980). So cells are hidden until every one lies on a circle.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

TOTAL = "total"
THRESHOLD = 5
"""Ours, configurable: counts below are hidden. Nothing is no secret."""


class Cell(NamedTuple):
    """A place in a table."""

    row: str
    column: str


Counts = Mapping[Cell, int]
Node = tuple[str, str]


def with_margins(counts: Counts, rows: Iterable[str], columns: Iterable[str]) -> dict[Cell, int]:
    """The whole table: every cell, also those that count nothing, and the totals of rows, of columns, of all."""
    rows, columns = list(rows), list(columns)
    table = {Cell(row, column): counts.get(Cell(row, column), 0) for row in rows for column in columns}
    table |= {Cell(row, TOTAL): sum(table[Cell(row, column)] for column in columns) for row in rows}
    of_columns = {Cell(TOTAL, column): sum(table[Cell(row, column)] for row in rows) for column in columns}
    return table | of_columns | {Cell(TOTAL, TOTAL): sum(of_columns.values())}


def hidden(table: Counts, threshold: int = THRESHOLD, totals: frozenset[str] = frozenset()) -> frozenset[Cell]:
    """The cells of a table with margins that must not be published.

    `totals` are the rows whose totals are secret because another table, of the same people, hides them.
    """
    lines, found = _lines(table), {cell for cell, count in table.items() if 0 < count < threshold}
    found |= _movable(table, totals)
    before = -1
    while before != len(found):
        before = len(found)
        for cell in sorted(found):
            if _is_bridge(cell, found):
                found |= _circle(table, found, cell)
            found |= {thin for node in _ends(cell) if (thin := _besides(table, found, lines[node], threshold))}
    return frozenset(found)


def _movable(table: Counts, totals: frozenset[str]) -> set[Cell]:
    """The secret totals, and beside each a cell of one column: so any two of them can change places in every table."""
    if not totals:
        return set()
    columns = {each.column for each in table} - {TOTAL}
    beside = min(
        ({Cell(row, column) for row in totals} for column in columns),
        key=lambda cells: (_cost(table, cells), sorted(cells)),
    )
    return beside | {Cell(row, TOTAL) for row in totals}


def _lines(table: Counts) -> Mapping[Node, list[Cell]]:
    lines = defaultdict[Node, list[Cell]](list)
    for cell in table:
        for node in _ends(cell):
            lines[node].append(cell)
    return lines


def published(table: Counts, threshold: int = THRESHOLD) -> dict[Cell, int | None]:
    """The table as everybody may see it; `None` where a count is hidden."""
    return published_together([table], threshold)[0]


def published_together(tables: Sequence[Counts], threshold: int = THRESHOLD) -> list[dict[Cell, int | None]]:
    """Tables that count the same people by one thing each: what the total of a row is in one, it is in all of them.

    So a total that one must hide is hidden in all, until none has to hide another.
    """
    totals, before = frozenset[str](), -1
    while before != len(totals):
        before = len(totals)
        secrets = [hidden(table, threshold, totals) for table in tables]
        totals |= {cell.row for secret in secrets for cell in secret if cell.column == TOTAL}
    return [
        {cell: None if cell in secret else count for cell, count in table.items()}
        for table, secret in zip(tables, secrets, strict=True)
    ]


def _circle(table: Counts, found: set[Cell], cell: Cell) -> set[Cell]:
    """The three cells that lie with this one at the corners of the rectangle that costs least of all."""
    rows, columns = ({getattr(each, side) for each in table} for side in ("row", "column"))
    corners = (
        {Cell(cell.row, column), Cell(row, cell.column), Cell(row, column)}
        for row in rows - {cell.row}
        for column in columns - {cell.column}
    )
    return min((each - found for each in corners), key=lambda more: (_cost(table, more), sorted(more)))


def _cost(table: Counts, cells: Iterable[Cell]) -> tuple[int, int, int]:
    """What is lost: totals weigh most; a cell that counts nothing hides little; of the others the count is lost."""
    lost = list(cells)
    totals = sum(TOTAL in each for each in lost)
    return totals, sum(table[each] == 0 for each in lost), sum(table[each] for each in lost)


def _besides(table: Counts, found: set[Cell], line: list[Cell], threshold: int) -> Cell | None:
    """Where all that is hidden in a row or column is too little to hide anything in: what is to be hidden there too."""
    more = [each for each in line if each not in found and table[each]]
    if more and sum(table[each] for each in line if each in found) < threshold:
        return min(more, key=lambda each: (_cost(table, [each]), each))
    return None


def _is_bridge(cell: Cell, found: set[Cell]) -> bool:
    """Whether no circle of hidden cells goes through this one."""
    near = defaultdict[Node, list[Node]](list)
    for each in found - {cell}:
        row, column = _ends(each)
        near[row].append(column)
        near[column].append(row)
    start, goal = _ends(cell)
    reached, waiting = set[Node](), [start]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += near[node]
    return goal not in reached


def _ends(cell: Cell) -> tuple[Node, Node]:
    return ("row", cell.row), ("column", cell.column)
