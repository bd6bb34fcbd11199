"""A partner without an account, from its mail to its answer."""

import asyncio
import re
from base64 import urlsafe_b64decode
from email import message_from_string
from email.policy import default
from uuid import UUID

from deploy.local.smtp import plain_text
from tests.flow.house import PATIENCE, House

PHONE = "+33536490031"


async def partner_accepts(house: House, case: str) -> None:
    """Open the mail about a case, ask for a code, look at the pages, and accept."""
    await house.heard("notification.sent.v1", case, many=2)
    before, known = set(house.mails()), _codes(house)
    [link] = [
        found for mail in before for found in re.findall(r"/partner#([\w-]+)", _text(mail)) if _case(found) == case
    ]
    address = f"{house.services['referral'].address}/partner"
    assert (await house.client.post(f"{address}/code", data={"link": link})).status_code == 200
    code = await _code(house, known)
    page = await house.client.post(f"{address}/opening", data={"link": link, "code": code})
    assert page.status_code == 200 and "Canari-007" not in page.text, page.text
    [session] = re.findall(r'name="session" value="([^"]+)"', page.text)
    accepted = await house.client.post(f"{address}/answer", data={"session": session, "answer": "accepted"})
    assert "Canari-007" in accepted.text


def _case(token: str) -> str:
    """The case to which a link leads: its first 16 bytes."""
    return str(UUID(bytes=urlsafe_b64decode(f"{token}==")[:16]))


async def _code(house: House, known: set[str]) -> str:
    """The code that was texted since."""
    async with asyncio.timeout(PATIENCE):
        while not (new := _codes(house) - known):  # noqa: ASYNC110 # a folder tells nobody
            await asyncio.sleep(0.2)
    [code] = new
    return code


def _codes(house: House) -> set[str]:
    """Every code that this partner was texted so far, also by other tests."""
    found = [re.search(r"\b\d{8}\b", each["text"]) for each in house.texts() if each["to"] == PHONE]
    return {each[0] for each in found if each}


def _text(mail: str) -> str:
    return plain_text(message_from_string(mail, policy=default))
