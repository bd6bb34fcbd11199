"""People of a roster who can be told: by which ways, in which language, and as whom they are known."""

from typing import Annotated

from pydantic import Field

from shared.contracts.blocks import Channel, Recipient
from shared.contracts.fields import Block
from shared.contracts.person import Language
from shared.contracts.vocabulary import RecipientRole


class Reachable(Block):
    """Somebody who can be told, by these ways in order."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    language: Language = "fr"

    def told_as(self, ref: str, role: RecipientRole) -> Recipient:
        """How a notice names them."""
        return Recipient(ref=ref, role=role, channels=self.channels, language=self.language)
