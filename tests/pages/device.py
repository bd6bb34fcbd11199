"""An ISCG's device in a real browser: `make pages` runs this, since it needs Chromium and npm."""

import asyncio
import json
import os
import shutil
from uuid import uuid4

from deploy.local.browser import Browser
from services.notification.domain.reference import reference
from shared.contracts.blocks import Channel
from shared.contracts.vocabulary import NoticeChannel
from tests.notification.builders import a_recipient, an_assignment
from tests.notification.conftest import world
from tests.notification.push_service import PushService
from tests.notification.running import World, a_free_port
from tests.notification.test_push import PEM
from tests.pages.browse import HERE, PICTURES

__all__ = ["world"]


async def test_what_is_pushed_is_shown_on_her_device(world: World) -> None:
    PICTURES.mkdir(exist_ok=True)
    case_id, ref, browser, port = uuid4(), "iscg-31-a", Browser(), a_free_port()
    async with PushService().open() as service:
        process = await world.start(RELAIS_VAPID_KEY=PEM, RELAIS_PUSH_ANYWHERE="true", RELAIS_HTTP_PORT=str(port))
        device = Channel(channel=NoticeChannel.WEB_PUSH, value=browser.subscription(f"{service.address}/push/1"))
        await world.publish(an_assignment(a_recipient(ref, channels=(device,))), case_id)
        await world.hear(case_id)
        [(_, body)] = service.taken
    message = json.loads(browser.read(body))
    assert reference(case_id) in message["title"]
    walking = await asyncio.create_subprocess_exec(
        *("node", str(HERE / "push.mjs"), f"http://127.0.0.1:{port}", str(PICTURES), browser.read(body)),
        env=os.environ | {"CHROMIUM": shutil.which("chromium") or "chromium"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await walking.communicate()
    process.terminate()
    await process.wait()
    assert walking.returncode == 0, said.decode()
