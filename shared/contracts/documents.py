"""Documents that are written by the contract itself, so that they cannot say anything else.

`python -m shared.contracts.documents` writes them; `--check` compares instead and exits 1 where one differs;
`--schemas` takes the frozen JSON Schemas along.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import orjson
from pydantic.fields import FieldInfo

from shared.contracts.event import Event
from shared.contracts.schemas import schemas
from shared.contracts.topics import AUDIT, EVENTS, RELAIS_TOPICS, Topic, station_receipts, station_reports
from shared.contracts.vocabulary import GROUND_FITS, Code, closed_lists

ROOT = Path(__file__).parents[2]
COMMAND = "python -m shared.contracts.documents"
TOPICS = (station_reports("<integrator>"), station_receipts("<integrator>"), *RELAIS_TOPICS)


def glossary() -> str:
    """Every closed list as a table, code and French label, and what each legal ground fits."""
    return page("Glossary: the closed lists of v1", *map(_closed_list, closed_lists()), _legal_grounds())


def _closed_list(codes: type[Code]) -> str:
    rows = [(f"`{member}`", member.label) for member in codes]
    return f"## {codes.__name__}\n\n{codes.__doc__}\n\n{table(('code', 'libellé'), rows)}"


def _legal_grounds() -> str:
    rows = [
        (f"`{ground}`", ", ".join(f"`{each}`" for each in sorted(fit.partners)), fit.source)
        for ground, fit in GROUND_FITS.items()
    ]
    return (
        "## Which partners a legal ground lets be told\n\nOur reading of the texts, to be confirmed by whoever "
        "answers for the data where Relais is run.\n\n" + table(("ground", "partners", "source"), rows)
    )


def event_map() -> str:
    """Who says what to whom: a drawing, the topics, the events."""
    note = "Audit reads every topic; the drawing shows it only where nobody else reads."
    return page("Event map", _drawing(), note, "## Topics\n\n" + _topics(), "## Events\n\n" + _events())


def _topics() -> str:
    rows = [
        (
            f"`{topic.name}`",
            ", ".join(topic.said_by),
            ", ".join(topic.read_by),
            str(topic.partitions),
            f"{topic.retention_days} days" if topic.retention_days else "for ever",
            ", ".join(f"`{name}={value}`" for name, value in topic.configs.items()),
        )
        for topic in TOPICS
    ]
    return table(("topic", "said by", "read by", "partitions", "kept", "settings"), rows)


def _events() -> str:
    rows = [(*_event(event), _meaning(event)) for event in EVENTS]
    return table(("type", "class", "topic", "said by", "read by", "in clear", "sealed", "meaning"), rows)


def _event(event: type[Event]) -> tuple[str, ...]:
    on = [topic for topic in TOPICS if event in topic.events]
    sealed = event.sealed_members()
    return (
        f"`{event.type}`",
        f"`{event.__name__}`",
        "<br>".join(f"`{topic.name}`" for topic in on),
        _names(topic.said_by for topic in on),
        _names(topic.read_by for topic in on),
        ", ".join(_told(name, field) for name, field in event.model_fields.items() if name not in sealed),
        ", ".join(f"{name} ({compartment})" for name, compartment in sealed.items()),
    )


def _told(name: str, field: FieldInfo) -> str:
    return name if field.is_required() else f"{name}?"


def _meaning(event: type[Event]) -> str:
    return (event.__doc__ or "").split("\n", maxsplit=1)[0]


def _drawing() -> str:
    arrows = [line for topic in TOPICS for line in _arrows(topic)]
    return "\n".join(["```mermaid", "flowchart LR", *(f"  {line}" for line in arrows), "```"])


def _arrows(topic: Topic) -> Iterable[str]:
    node = topic.name.replace(".", "_").replace("<", "").replace(">", "")
    yield f'{node}[/"{topic.name.replace("<", "#lt;").replace(">", "#gt;")}"/]'
    yield from (f"{speaker} --> {node}" for speaker in topic.said_by)
    yield from (f"{node} --> {reader}" for reader in topic.read_by if reader != AUDIT or topic.read_by == (AUDIT,))


def _names(each: Iterable[tuple[str, ...]]) -> str:
    return ", ".join(dict.fromkeys(name for names in each for name in names))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, tuple("---" for _ in head), *rows))


def page(title: str, *sections: str, command: str = COMMAND) -> str:
    """A page that is written by a command, and says so."""
    written_by = f"<!-- Written by `{command}`: change what it is written from, not this page. -->"
    return "\n\n".join((f"# {title}", written_by, *sections)) + "\n"


def documents() -> dict[Path, bytes]:
    """Every generated page, by its path in the repository."""
    return {Path("docs/glossary.md"): glossary().encode(), Path("docs/event-map.md"): event_map().encode()}


def frozen_schemas() -> dict[Path, bytes]:
    """The schema files, against which a test holds the contract."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return {
        Path(f"tests/contracts/schemas/{name}.json"): orjson.dumps(each, option=options)
        for name, each in schemas().items()
    }


def differing(files: Mapping[Path, bytes], root: Path = ROOT) -> list[Path]:
    """The files that do not say what the contract says."""
    return [path for path, content in files.items() if _content(root / path) != content]


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def write(files: Mapping[Path, bytes], root: Path = ROOT) -> None:
    """Put every file where it belongs."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def keep_true(documents: Callable[[], Mapping[Path, bytes]], command: str) -> int:
    """Write documents, or with `--check` compare them. Exit code 1 where one does not say what it is made from."""
    parser = argparse.ArgumentParser(prog=command, description="Write documents, or compare them.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--schemas", action="store_true", help="the frozen JSON Schemas of the contract too")
    chosen = parser.parse_args()
    files = dict(documents()) | (frozen_schemas() if chosen.schemas else {})
    if not chosen.check:
        write(files)
        return 0
    stale = differing(files)
    sys.stderr.writelines(f"{path} does not say what it is made from; write it anew: {command}\n" for path in stale)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(keep_true(documents, COMMAND))
