"""The local stack: real servers on loopback, for development, tests and the demo."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".local"
"""Everything the stack writes: servers that were downloaded, their data, secrets, logs. Git ignores it."""

RECIPES = Path(__file__).parent / "recipes"
