"""`relais statistics`: the year in numbers, small counts hidden."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli.running import run
from cli.tables import AsJson, build_console, build_table
from services.referral import commands as referral
from services.referral.settings import ReferralSettings
from shared.settings import read_settings_or_exit

Year = Annotated[int, typer.Option(min=2020, max=2199, help="Of which year the reports are counted")]
AsCsv = Annotated[bool, typer.Option("--csv", help="One line a count: table,departement,value,count")]
AsPage = Annotated[bool, typer.Option("--html", help="A page with charts, to be printed")]

console = build_console()


def statistics(year: Year, as_csv: AsCsv = False, as_page: AsPage = False, as_json: AsJson = False) -> None:
    """Show the published numbers of a year, by département; a year that is over is published where it was not yet.

    A published year never changes. Where few are counted, a count is hidden, with as many as it takes.

    Example: relais statistics --year 2026 --html > 2026.html
    """
    settings = read_settings_or_exit(ReferralSettings, "relais statistics")
    found = _published(settings, year)
    if as_json:
        console.print_json(data=found.model_dump(mode="json"))
    elif as_csv or as_page:
        sys.stdout.write(referral.write_statistics(found, for_print=as_page))
    else:
        for each in found.tables:
            console.print(_table(each.dimension, each.lines))
        for name, delays in found.waits().items():
            console.print(_delays(name, delays))
        console.print(f"Counted at {found.counted_at:%Y-%m-%d %H:%M} UTC.")
        console.print(
            f"· is a hidden count: below {found.threshold}, or one from which such a count could be computed."
        )


def _published(settings: ReferralSettings, year: int) -> Any:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"Publishing {year}", total=None)
        return run(referral.show_statistics(settings, year, lambda more, of: bar.update(task, advance=more, total=of)))


def _table(title: str, lines: Sequence[Any]) -> Table:
    used = [value for value in lines[-1].counts if any(line.counts[value] != 0 for line in lines)] if lines else []
    table = build_table("", *used, title=title, title_justify="left")
    for line in lines:
        table.add_row(
            line.departement, *("·" if line.counts[value] is None else str(line.counts[value]) for value in used)
        )
    return table


def _delays(title: str, lines: Sequence[Any]) -> Table:
    table = build_table("", "number", "median", "90 %", "in time", title=title, title_justify="left")
    for each in lines:
        if each.number:
            times = (f"{seconds / 3600:.1f} h" for seconds in (each.median_seconds, each.p90_seconds))
            table.add_row(
                each.departement,
                str(each.number),
                *times,
                "·" if each.share_in_time is None else f"{each.share_in_time:.0%}",
            )
        else:
            table.add_row(each.departement, "·" if each.number is None else "0", "", "", "")
    return table
