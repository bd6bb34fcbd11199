"""Lists that are copied from: no id, pointer or code is cut."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_kits_table_is_whole_in_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "relais_kit", "check", "tests/cases/phone-masked.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{ROOT / 'kit'}:{ROOT}", "PATH": "/usr/bin:/bin", "COLUMNS": "40"},
    )
    assert "/content/persons/0/contact/value" in done.stdout
    assert "not-a-phone-number" in done.stdout


def test_every_list_of_the_command_is_made_by_the_one_table_that_cuts_nothing() -> None:
    elsewhere = [path for path in (ROOT / "cli").glob("*.py") if path.name != "tables.py"]
    assert elsewhere
    assert not [
        path.name for path in elsewhere if re.search(r"(?<!build_)(Table|Console)\((?!stderr)", path.read_text())
    ]
