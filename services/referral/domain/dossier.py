"""Dossier scellé: what is known of the person of a case, as sealed blocks, for those who may look."""

from collections.abc import Mapping
from typing import Self

from shared.contracts.fields import Block


class Dossier(Block):
    """Dossier scellé: the report's blocks as they came, sealed under the keys of the case, for those who may look.

    `consent` is what the person has told her ISCG since, `assessment` what she was found to need: sealed with the
    file's key. `revision` is that of the report; `noted_on` the one on which either was noted last.
    """

    contact: str | None = None
    file: str | None = None
    consent: str | None = None
    assessment: str | None = None
    revision: int = 1
    noted_on: int | None = None

    def corrected(self, revision: int, blocks: Mapping[str, str]) -> Self:
        """Its station says it anew; what the ISCG has noted stays."""
        told = {name: blocks.get(name) for name in ("contact", "file")}
        return self.model_copy(update=told | {"revision": revision})

    def noted(self, **sealed: str) -> Self:
        """Its ISCG has noted something, knowing what the station says now."""
        return self.model_copy(update=sealed | {"noted_on": self.revision})

    @property
    def may_conflict(self) -> bool:
        """Whether the station has said something since the ISCG noted what she knows."""
        return self.noted_on is not None and self.noted_on < self.revision
