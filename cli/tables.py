"""How lists are shown: as wide as they need to be in a file or a pipe, folded and never cut in a terminal."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs")]
WIDEST = 10_000
"""Columns of a line that nobody looks at: whoever copies an id from a list needs all of it."""


def build_console() -> Console:
    """The console of a command."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDEST)


def build_table(*heads: str, **options: Any) -> Table:
    """A table with these columns, or with two that have no heads."""
    columns = [Column(head, overflow="fold") for head in heads or ("", "")]
    return Table(*columns, box=None, show_header=bool(heads), **options)
