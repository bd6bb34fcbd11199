"""Tables as spreadsheets save them (CSV): separated by comma, semicolon or tab, with heads in the first line."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.files.faults import Mark, UnusableFile, either

SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    """A row by the names of its columns, where it begins, and in which order the columns stand."""

    line: int
    values: Mapping[str, str]
    order: Mapping[str, int]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def mark(self, column: str) -> Mark:
        """Where the value of a column stands."""
        return Mark(self.line, self.order[column], column)


def read_table(text: str, columns: Sequence[str]) -> list[Row]:
    """All rows but empty ones. Columns that are not asked for are passed over. Raises `UnusableFile`."""
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        heads = [head.strip() for head in next(lines, [])]
        _check_heads(heads, columns, separator)
        rows, faults = _rows(lines, heads)
    except csv.Error as error:
        raise UnusableFile([_unreadable(lines.line_num, error)]) from None
    if faults:
        raise UnusableFile(faults)
    if not rows:
        raise UnusableFile([either("line 1: no row follows the heads", "ligne 1 : aucune ligne ne suit l'en-tête")])
    return rows


def _rows(lines: Any, heads: Sequence[str]) -> tuple[list[Row], list[str]]:
    order = {head: n for n, head in enumerate(heads, 1)}
    rows, faults, begins = list[Row](), list[str](), 2
    for values in lines:
        stripped = [value.strip() for value in values]
        if any(stripped[len(heads) :]):
            faults.append(
                either(
                    f"line {begins}: more values than line 1 has heads",
                    f"ligne {begins} : plus de valeurs que la ligne 1 n'a de titres",
                )
            )
        elif any(stripped):
            padded = [*stripped, *[""] * (len(heads) - len(stripped))]
            rows.append(Row(begins, dict(zip(heads, padded, strict=False)), order))
        begins = lines.line_num + 1
    return rows, faults


def _check_heads(heads: Sequence[str], columns: Sequence[str], separator: str) -> None:
    faults = [
        *(
            either(f"line 1: no column {each}", f"ligne 1 : pas de colonne {each}")
            for each in columns
            if each not in heads
        ),
        *(
            either(f"line 1: column {each} stands twice", f"ligne 1 : la colonne {each} figure deux fois")
            for each in columns
            if heads.count(each) > 1
        ),
    ]
    if faults:
        named = {",": ",", ";": ";", "\t": "tab"}[separator]
        faults.append(either(f"line 1 was read as separated by {named}", f"ligne 1 : séparateur lu : {named}"))
        raise UnusableFile(faults)


def _unreadable(line: int, error: csv.Error) -> str:
    return either(
        f"line {line}: quotes must enclose a whole value, and be doubled within it ({error})",
        f"ligne {line} : les guillemets entourent une valeur entière, et y sont doublés ({error})",
    )
