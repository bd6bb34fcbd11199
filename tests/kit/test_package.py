"""The kit is a package of its own: installed alone, it needs no Kafka, no MongoDB and nothing else of ours."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.documents import ROOT

REFUSING = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("aiokafka", "faststream", "pymongo", "bson", "pymongocrypt", "fastapi", "services"):
            raise ImportError(name)

sys.meta_path.insert(0, Refusing())
from relais_kit.app import app
app(prog_name="relais-kit")
"""


def run(*command: str, cwd: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "COLUMNS": "120"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked where nothing else of ours is."""
    folder = tmp_path_factory.mktemp("kit")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT / "kit")
    assert built.returncode == 0, built.stderr
    [wheel] = folder.glob("relais_kit-*.whl")
    site = folder / "site"
    unpacked = run(sys.executable, "-m", "zipfile", "-e", str(wheel), str(site), cwd=folder)
    assert unpacked.returncode == 0
    return site


def test_samples_are_made_and_checked_without_any_server_s_client(installed: Path, tmp_path: Path) -> None:
    made = run(sys.executable, "-c", REFUSING, "samples", "made", cwd=tmp_path, path=str(installed))
    assert made.returncode == 0, made.stderr
    good = run(sys.executable, "-c", REFUSING, "check", "made/least.json", cwd=tmp_path, path=str(installed))
    assert (good.returncode, good.stdout) == (0, "least.json: accepted\n1 good, 0 bad.\n")
    bad = run(sys.executable, "-c", REFUSING, "check", "made/not-an-email.json", cwd=tmp_path, path=str(installed))
    assert bad.returncode == 1 and "not-an-email" in bad.stdout


def test_receipts_are_rehearsed_without_any_server_s_client(installed: Path, tmp_path: Path) -> None:
    made = run(sys.executable, "-c", REFUSING, "receipts", "made", cwd=tmp_path, path=str(installed))
    assert made.returncode == 0, made.stderr
    assert {path.name for path in (tmp_path / "made").iterdir()} == {"receipts.jsonl", "jwks.json", "held.csv"}


def test_without_a_client_of_kafka_the_kit_says_what_to_install(installed: Path, tmp_path: Path) -> None:
    words = ("run", "--kafka", "127.0.0.1:1", "--keys", "none", "--client-id", "gendarmerie")
    refused = run(sys.executable, "-c", REFUSING, *words, cwd=tmp_path, path=str(installed))
    assert refused.returncode == 2
    assert "relais-kit[kafka]" in refused.stderr
