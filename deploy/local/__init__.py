"""The local stack: real servers on loopback, for development, tests and the demo."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = ROOT / ".local"
"""Servers that were downloaded, and whatever tests leave. Git ignores it."""

STATE = Path(os.environ.get("RELAIS_STATE") or HERE)
"""Everything the stack writes: its data, secrets, logs. Another folder is another stack, beside this one."""

RECIPES = Path(__file__).parent / "recipes"
