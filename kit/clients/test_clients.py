"""Each client in its language: from a report to its withdrawal against a house that is kept open, and with receipts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.system.outside import ROOT, Outside, outside

HERE = Path(__file__).parent
COMMANDS = {
    "python": (str(ROOT / ".venv/bin/python"), "send_report.py"),
    "java": ("java", "-cp", "target/lib/*", "SendReport.java"),
    "javascript": ("node", "send-report.mjs"),
}
FOLLOWING = {
    "python": (*COMMANDS["python"][:-1], "follow_receipts.py"),
    "java": (*COMMANDS["java"][:-1], "FollowReceipts.java"),
    "javascript": (*COMMANDS["javascript"][:-1], "follow-receipts.mjs"),
}
ENDS = ["201 accepted", "200 accepted", "201 corrected", "201 withdrawn"]


@pytest.fixture(scope="module")
async def relais(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    """The house."""
    async with outside(tmp_path_factory.mktemp("outside")) as seen:
        yield seen


@pytest.mark.parametrize("language", COMMANDS)
async def test_a_client_hands_in_repeats_corrects_and_withdraws(relais: Outside, language: str) -> None:
    """What it prints is what became of each."""
    told = {
        "RELAIS_URL": relais.places["intake"],
        "RELAIS_ISSUER": relais.places["issuer"],
        "RELAIS_CLIENT": "gendarmerie",
        "RELAIS_SECRET": await asyncio.to_thread(relais.secret, "gendarmerie"),
    }
    process = await asyncio.create_subprocess_exec(
        *COMMANDS[language],
        str(ROOT / "docs/stations/examples/content.json"),
        cwd=HERE / language,
        env={**relais.environment, **told},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    assert said.decode().splitlines() == ENDS


@pytest.mark.parametrize("language", FOLLOWING)
async def test_a_client_holds_the_newest_word_though_receipts_come_again_and_out_of_order(
    tmp_path: Path, language: str
) -> None:
    """What it prints is how each report stands at the end."""
    made = await asyncio.create_subprocess_exec(
        str(ROOT / "relais-kit"), "receipts", str(tmp_path), stdout=asyncio.subprocess.DEVNULL
    )
    assert await made.wait() == 0
    with (tmp_path / "receipts.jsonl").open("rb") as receipts:
        process = await asyncio.create_subprocess_exec(
            *FOLLOWING[language],
            str(tmp_path / "jwks.json"),
            cwd=HERE / language,
            stdin=receipts,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 120)
    assert said.decode().splitlines() == (tmp_path / "held.csv").read_text("utf-8").splitlines()[1:]
