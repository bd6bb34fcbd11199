"""`.ci/run` fails where a part could not be fetched, unless whoever runs it has said that there is no network."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.local import ROOT

RUN = ROOT / ".ci" / "run"
PARTS = dict(re.findall(r"^try_part (\w+) (\S+)", RUN.read_text("utf-8"), re.MULTILINE))
PRETENDED = ("make", "apt-get", "java", "mvn", "npm", "chromium", "ldconfig")
PRETENCE = """#!/bin/sh
for each in "$@"; do
  case "$each" in --*) ;; *) [ "$(basename "$0")" != make ] || echo "$each" >> "$DONE" ;; esac
  [ "$each" != "$FAILS" ] || exit 2
done
"""


def run(folder: Path, fails: str, **more: str) -> tuple[int, str, list[str]]:
    """Its status, what it says, and what `make` was asked for, where one of make's targets fails."""
    programs = folder / "bin"
    programs.mkdir()
    for name in PRETENDED:
        (programs / name).write_text(PRETENCE)
        (programs / name).chmod(0o755)
    (folder / ".ci").mkdir()
    shutil.copy(RUN, folder / ".ci" / "run")
    done = subprocess.run(  # noqa: S603 # our own script
        [folder / ".ci" / "run"],
        env=environment(folder, fails, **more),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr, (folder / "done").read_text().split()


def environment(folder: Path, fails: str, **more: str) -> Mapping[str, str]:
    return {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "DONE": str(folder / "done"), "FAILS": fails, **more}


def test_the_parts_are_those_that_fetch_something() -> None:
    assert set(PARTS) == {"vendors", "clients", "pages", "fhir", "engines", "alerts"}


def test_everything_is_run_where_all_could_be_fetched(tmp_path: Path) -> None:
    status, _, done = run(tmp_path, fails="nothing")
    assert status == 0
    assert [each for each in done if "/" not in each] == ["check", *PARTS, "test", "demo"]


@pytest.mark.parametrize("part", PARTS)
def test_the_run_fails_where_a_part_could_not_be_fetched(tmp_path: Path, part: str) -> None:
    status, said, done = run(tmp_path, fails=PARTS[part])
    assert status == 1
    assert f"make {part} could not fetch {PARTS[part]}" in said
    assert "RELAIS_OFFLINE=1" in said
    assert "test" not in done


@pytest.mark.parametrize("part", PARTS)
def test_without_a_network_a_part_may_be_left_out_and_that_is_said(tmp_path: Path, part: str) -> None:
    status, said, done = run(tmp_path, fails=PARTS[part], RELAIS_OFFLINE="1")
    assert status == 0
    assert f"make {part} is left out" in said
    assert part not in done
    assert done[-2:] == ["test", "demo"]


@pytest.mark.parametrize("part", [*PARTS, "check", "test"])
def test_what_was_fetched_and_fails_fails_the_run_also_without_a_network(tmp_path: Path, part: str) -> None:
    status, said, _ = run(tmp_path, fails=part, RELAIS_OFFLINE="1")
    assert status != 0
    assert "is left out" not in said
