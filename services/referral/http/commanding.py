"""What an act at a door brings along: who acts, on which version of what, under which idempotency key."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from services.referral.acts.once import Command
from shared.contracts.forms import OpaqueCode
from shared.web.doors import Who
from shared.web.preconditions import IdempotencyKey, Version


async def _about_case(case_id: UUID, who: Who, version: Version, key: IdempotencyKey) -> Command:
    return Command(case_id, who.authid, version, key)


async def _about_post(post_id: OpaqueCode, who: Who, version: Version, key: IdempotencyKey) -> Command:
    return Command(post_id, who.authid, version, key)


AboutCase = Annotated[Command, Depends(_about_case)]
AboutPost = Annotated[Command, Depends(_about_post)]
