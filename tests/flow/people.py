"""The samples as tests need them: who sits somewhere sits there at any hour of any day, and everybody can sign in."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.demo.book import SAMPLES
from deploy.demo.house import sample_roles

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROLES: Mapping[str, list[str]] = {**sample_roles(), "auditor-1": ["log-auditor"], "operator-1": ["operator"]}
"""Who may sign in, and as what: everybody in the samples, an auditor and an operator."""
ISCGS = tuple(who for who, roles in ROLES.items() if roles == ["iscg"])


def round_the_clock() -> dict[str, Any]:
    """The sample roster, in which presences do not depend on when a test runs. Posts without hours keep none."""
    roster: dict[str, Any] = json.loads((SAMPLES / "roster.json").read_text("utf-8"))
    for presence in (each for post in roster["posts"] for each in post["presences"]):
        presence["on_holidays"] = True
        presence["hours"] = [{"day": day, "from": "00:00", "to": "23:59"} for day in DAYS if presence["hours"]]
    return roster


def write_samples(folder: Path) -> Path:
    """Write registry and roster into a folder, as `relais samples load --folder` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SAMPLES / "registry.json", folder)
    (folder / "roster.json").write_text(json.dumps(round_the_clock()), encoding="utf-8")
    return folder
