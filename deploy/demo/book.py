"""Who is behind an address, as the sample roster says: the demo knows recipients by nothing else."""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "samples"


class AddressBook:
    """Each address of the roster, with its owner's reference and role; a partner's role is its type."""

    def __init__(self, roster: dict[str, Any]) -> None:
        self._known: dict[str, tuple[str, str]] = {}
        self.partner_types = frozenset(str(partner["type"]) for partner in roster["partners"])
        for post in roster["posts"]:
            self._add(post["iscg"]["id"], "iscg", post["iscg"])
        for coordinator in roster["coordinators"]:
            self._add(coordinator["id"], "coordinator", coordinator)
            self._add(coordinator["on_call"]["id"], "on-call", coordinator["on_call"])
        for partner in roster["partners"]:
            self._add(partner["id"], partner["type"], partner)

    def _add(self, ref: str, role: str, entry: dict[str, Any]) -> None:
        for channel in entry["channels"]:
            self._known[channel["value"]] = (ref, role)

    def ref_of(self, address: str) -> str:
        """The reference that events name."""
        return self._known.get(address, ("stranger", "stranger"))[0]

    def role_of(self, address: str) -> str:
        """The role in which somebody is told."""
        return self._known.get(address, ("stranger", "stranger"))[1]


def read_book(folder: Path = SAMPLES) -> AddressBook:
    """The book of the sample roster."""
    return AddressBook(json.loads((folder / "roster.json").read_text("utf-8")))
