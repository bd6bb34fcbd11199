"""The text of a file, as the programs write it with which people keep their lists."""

import codecs
from pathlib import Path

from shared.files.faults import UnusableFile, either

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(path: Path) -> str:
    """UTF-8, or what French Excel writes: cp1252 for tables, UTF-16 with its mark. Raises `UnusableFile`."""
    try:
        return _decoded(path.read_bytes(), is_table(path))
    except (OSError, UnicodeDecodeError) as error:
        named = type(error).__name__
        raise UnusableFile(
            [
                either(
                    f"{path.name} can't be read as text ({named}): save it as UTF-8",
                    f"{path.name} ne se lit pas comme du texte ({named}) : l'enregistrer en UTF-8",
                )
            ]
        ) from None


def is_table(path: Path) -> bool:
    """Whether a file holds a table (CSV); others are trees (YAML, JSON)."""
    return path.suffix.lower() == ".csv"


def _decoded(data: bytes, table: bool) -> str:
    marked = next((name for mark, name in MARKS if data.startswith(mark)), None)
    if marked or not table:
        return data.decode(marked or "utf-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252")
