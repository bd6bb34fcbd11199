"""Writes the letter of a notice: its recipient's address is opened for this, and kept nowhere."""

from base64 import b64decode
from dataclasses import dataclass

from pydantic import TypeAdapter

from services.notification.domain.address import mail_address
from services.notification.domain.notice import Notice
from services.notification.domain.reference import reference
from services.notification.domain.templates import TEMPLATES, render
from services.notification.mail import Letter
from shared.contracts.blocks import Recipient
from shared.vault import Sealed, Vault

RECIPIENTS = TypeAdapter(tuple[Recipient, ...])


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes letters whose link leads to the case behind `link_base`. Partners have no door of their own there yet."""

    vault: Vault
    link_base: str

    async def write(self, notice: Notice) -> Letter | None:
        """The letter of a notice; `None` where its recipient can't be mailed. Raises `Erased`."""
        address = await self._address(notice)
        if address is None:
            return None
        template = TEMPLATES[notice.template, notice.template_version]
        link = f"{self.link_base}/v1/cases/{notice.case_id}"
        words = render(template, notice.language, reference(notice.case_id), notice.urgency, link)
        return Letter(notice.id, address, words)

    async def _address(self, notice: Notice) -> str | None:
        opened = await self.vault.open(Sealed("contact", str(notice.case_id), b64decode(notice.sealed)))
        recipients = (each for each in RECIPIENTS.validate_json(opened) if each.ref == notice.ref)
        return next(map(mail_address, recipients), None)
