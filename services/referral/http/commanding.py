"""What an act at a door brings along: who acts, on which version of what, in which request."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from services.referral.acts.once import Command
from shared.contracts.forms import OpaqueCode
from shared.web.doors import Who
from shared.web.preconditions import Idempotent, Version


async def _about_case(case_id: UUID, who: Who, version: Version, request: Idempotent) -> Command:
    return Command(case_id, who.authid, version, request.id, request.fingerprint)


async def _about_post(post_id: OpaqueCode, who: Who, version: Version, request: Idempotent) -> Command:
    return Command(post_id, who.authid, version, request.id, request.fingerprint)


AboutCase = Annotated[Command, Depends(_about_case)]
AboutPost = Annotated[Command, Depends(_about_post)]
