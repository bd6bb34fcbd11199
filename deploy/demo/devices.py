"""Gives one ISCG of the samples a device, and one partner software: both stand on loopback, as the mail server does."""

import json
import shutil
from pathlib import Path
from typing import Any

from deploy.demo.book import SAMPLES
from deploy.local.receivers import PUSH, WEBHOOK
from deploy.local.stack import Stack

ISCG, PARTNER = "iscg-31-b", "partner-h7q2"


def samples_with_devices(stack: Stack) -> Path:
    """The samples, in which these two are told by Web Push and by webhook first. Starts what takes it."""
    stack.receivers.start()
    folder = stack.folder / "samples"
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    roster = json.loads((SAMPLES / "roster.json").read_text("utf-8"))
    [iscg] = [post["iscg"] for post in roster["posts"] if post["iscg"]["id"] == ISCG]
    [partner] = [each for each in roster["partners"] if each["id"] == PARTNER]
    _first(iscg, PUSH, stack.receivers.subscription)
    _first(partner, WEBHOOK, stack.receivers.webhook)
    (folder / "roster.json").write_text(json.dumps(roster, indent=2, ensure_ascii=False), "utf-8")
    return folder


def _first(somebody: dict[str, Any], channel: str, value: str) -> None:
    somebody["channels"] = [{"channel": channel, "value": value}, *somebody["channels"]]
