"""Communication: shows a partner what its referral may say of the person, by its link or where it signs in."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.referral.acts.answering import referred
from services.referral.acts.linking import (
    FindReferral,
    answer_by_link,
    ask_code,
    counter_to_try,
    linked,
    note_try,
    show,
)
from services.referral.domain.disclosure import Told, told
from services.referral.domain.referrals import Referral
from services.referral.files import read_contact, read_known
from services.referral.store import CASES
from shared.contracts.blocks import Answered
from shared.contracts.days import day_there
from shared.contracts.vocabulary import OpenedPart
from shared.delivery.cause import new_cause
from shared.delivery.delivery import Delivery
from shared.delivery.unit import Work
from shared.vault.links import Codes, Link, Links, Sessions

T = TypeVar("T")


class Disclosed(NamedTuple):
    """What a partner gets to see of one referral, and the state in which it is."""

    told: tuple[Told, ...]
    referral: Referral
    is_test: bool


class Disclosures:
    """Shows referrals to their partners. What is shown is on the log before, and checked in the moment it is shown."""

    def __init__(self, delivery: Delivery, links: Links, codes: Codes, sessions: Sessions) -> None:
        self._delivery, self.links, self._codes, self._sessions = delivery, links, codes, sessions

    def now(self) -> datetime:
        """The time, as this service has it."""
        return self._delivery.clock.now()

    def session(self, link: Link) -> str:
        """What proves from now on, for a while, that the code of this link was given."""
        return self._sessions.session(link, self.now())

    def read_session(self, session: str) -> Link:
        """The link whose code was given. Raises `NoSuchLink`."""
        return self._sessions.read(session, self.now())

    async def ask_code(self, link: Link) -> None:
        """Send its partner a code by another channel. Raises `NoSuchLink`, `TooOften`."""
        await self._perform(link.case_id, partial(ask_code, link))

    async def is_code(self, link: Link, code: str) -> bool:
        """Whether this is the code that was sent last; right or wrong, it is counted. Raises `NoSuchLink`."""
        counter = await self._perform(link.case_id, partial(counter_to_try, link))
        if counter is None:
            return False
        is_right = self._codes.is_code(code, link.referral_id, counter)
        return await self._perform(link.case_id, partial(note_try, link, counter, is_right=is_right))

    async def show_by_link(self, link: Link) -> Disclosed:
        """What the partner may see whose link this is. Raises `NoSuchLink`, `StaleVersion`."""
        return await self._show(link.case_id, partial(linked, link))

    async def show_to(self, by: UUID, case_id: UUID, referral_id: UUID) -> Disclosed:
        """The same for a partner that signs in. Raises `NoSuchCase`, `NoSuchLink`, `StaleVersion`."""
        return await self._show(case_id, partial(referred, referral_id, case_id, by), by)

    async def answer(self, link: Link, answered: Answered) -> Link | None:
        """Take the one answer to which a link leads; the next link, where more is awaited of its partner.

        Raises `NoSuchLink`, `ForbiddenStep`.
        """
        return await self._perform(link.case_id, partial(answer_by_link, link, answered))

    async def _show(self, case_id: UUID, find: FindReferral, by: UUID | None = None) -> Disclosed:
        await self._perform(case_id, find, by)
        known = await read_known(self._delivery, case_id)
        shown = await self._perform(case_id, partial(show, find, known), by)
        contact = await read_contact(self._delivery, case_id) if OpenedPart.CONTACT in shown.parts else None
        items = told(shown.partner.type, shown.file, contact, day_there(self.now(), shown.case.zone))
        return Disclosed(items, shown.referral, shown.case.test)

    async def _perform(self, case_id: UUID, act: Callable[[Work], T], by: UUID | None = None) -> T:
        """Whoever comes by a link has no account: the log names the referral to which it leads."""
        return await self._delivery.perform(new_cause(self._delivery, case_id, by), act, [(CASES, str(case_id))])
