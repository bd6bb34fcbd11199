"""Partners' pages in a real browser, with axe: `make pages` runs this, since it needs Chromium and npm."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.referral.conftest import world
from tests.referral.running import Referral, World
from tests.referral.test_partner_page import CODES, LINKS, a_link

__all__ = ["world"]
HERE = Path(__file__).parent
PICTURES = HERE / "pictures"


@pytest.fixture(scope="module")
async def referral(world: World) -> Any:
    async with world.running() as running:
        yield running


async def test_a_partner_walks_its_pages_with_and_without_script(world: World, referral: Referral) -> None:
    PICTURES.mkdir(exist_ok=True)
    links = [await a_link(world, referral), await a_link(world, referral)]
    told = [text for link in links for text in (LINKS.token(link), CODES.code(link.referral_id, 1))]
    walking = await asyncio.create_subprocess_exec(
        *("node", str(HERE / "walk.mjs"), referral.address, str(PICTURES), *told),
        env=os.environ | {"CHROMIUM": shutil.which("chromium") or "chromium"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await walking.communicate()
    assert walking.returncode == 0, said.decode()
