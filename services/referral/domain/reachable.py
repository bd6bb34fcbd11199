"""People of a roster who can be told: by which ways, in which language, and as whom they are known."""

from typing import Annotated

from pydantic import Field

from shared.contracts.blocks import Channel, Quiet, Recipient
from shared.contracts.fields import Block
from shared.contracts.person import Language
from shared.contracts.vocabulary import NoticeChannel, RecipientRole


class Reachable(Block):
    """Somebody who can be told, by these ways in order. In `quiet` hours only of what can't wait."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    language: Language = "fr"
    quiet: Quiet | None = None

    @property
    def by_phone(self) -> tuple[Channel, ...]:
        """The ways by which a code reaches them: another than that of their mails."""
        return self._by(NoticeChannel.SMS)

    @property
    def by_webhook(self) -> tuple[Channel, ...]:
        """The ways by which their software is told."""
        return self._by(NoticeChannel.WEBHOOK)

    def _by(self, channel: NoticeChannel) -> tuple[Channel, ...]:
        return tuple(each for each in self.channels if each.channel is channel)

    def told_as(self, ref: str, role: RecipientRole) -> Recipient:
        """How a notice names them."""
        return Recipient(ref=ref, role=role, channels=self.channels, language=self.language, quiet=self.quiet)
