"""The page of all settings: by service, with default and meaning, and which secret who holds.

`python -m deploy.documents` writes it; `--check` compares instead and exits 1 where it differs.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from cli.main import app
from deploy.holding import SETTINGS, fields_of, held_by, may_stand_in_a_file, variable
from shared.contracts.documents import keep_true, page, table
from shared.secret_settings import rotation_of
from shared.settings import PREFIX, ServerSettings, ServiceSettings

COMMAND = "python -m deploy.documents"
HEAD = ("setting", "default", "secret", "meaning")


def settings() -> str:
    """Every setting, by who reads it."""
    every = _fields(ServerSettings)
    # Each service has a port of its own by default.
    common = {name: field for name, field in _fields(ServiceSettings).items() if not name.endswith("_PORT")}
    own = [
        f"## {service}\n\n{_table({name: each for name, each in fields_of(service).items() if name not in common})}"
        for service in SETTINGS
    ]
    return page(
        "Settings",
        "Read from the environment when a process starts; an empty variable counts as not set. A setting that is "
        "**secret** may also stand in a file, which `RELAIS_<NAME>_FILE` names, where the table says so. What is "
        "missing or wrong is named, all of it at once, and the process ends with status 78 "
        "([operations](operations.md)). Names that nobody knows are in the log's first line (`unread`).",
        f"## Every service, and `relais`\n\n{_table(every)}",
        f"## Every service\n\n{_table({name: field for name, field in common.items() if name not in every})}",
        *own,
        f"## What commands of `relais` read besides\n\n{_of_commands()}",
        "## Who holds which secret\n\nOne purpose, one secret, and the fewest holders. `relais` holds what the "
        "settings of its commands ask for, and none of the secrets by which one answers as a partner but where it "
        "reads those of notification.",
        secrets(),
        command=COMMAND,
    )


def secrets() -> str:
    """Secret × service × how it is changed."""
    held = {service: held_by(service) for service in SETTINGS}
    every = {name: rotation for each in held.values() for name, rotation in each.items()}
    rows = [
        (f"`{name}`", *("✓" if name in held[service] else "" for service in SETTINGS), rotation.how)
        for name, rotation in sorted(every.items())
    ]
    return table(("secret", *SETTINGS, "to change it"), rows)


def documents() -> dict[Path, bytes]:
    """Every page, by its path in the repository."""
    return {Path("docs/settings.md"): settings().encode()}


def _of_commands() -> str:
    """Options that may stand in the environment, from the commands themselves."""
    options = {each.envvar: each.help for each in _options(typer.main.get_command(app))}
    return table(("setting", "meaning"), [(f"`{name}`", meaning) for name, meaning in sorted(options.items())])


def _options(command: Any) -> Iterator[Any]:
    yield from (each for each in command.params if each.envvar)
    for each in getattr(command, "commands", {}).values():
        yield from _options(each)


def _fields(which: type[ServerSettings]) -> dict[str, FieldInfo]:
    return {variable(member): field for member, field in which.model_fields.items()}


def _table(fields: Mapping[str, FieldInfo]) -> str:
    rows = ((f"`{name}`", _default(name, each), _secrecy(each), _meaning(each)) for name, each in fields.items())
    return table(HEAD, rows)


def _default(name: str, field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "made at start"
    if field.default is PydanticUndefined or name.startswith(f"{PREFIX}MASTER_"):
        return "**needed**"
    match field.default:
        case None:
            return "not set"
        case "":
            return "empty"
        case bool():
            return f"`{str(field.default).lower()}`"
        case _:
            return f"`{field.default}`"


def _secrecy(field: FieldInfo) -> str:
    if rotation_of(field) is None:
        return ""
    return "yes, or a file" if may_stand_in_a_file(field) else "names a file"


def _meaning(field: FieldInfo) -> str:
    return re.sub(r"([|<>])", r"\\\1", field.description or "")


if __name__ == "__main__":
    sys.exit(keep_true(documents, COMMAND))
