"""A whole log as a folder, as any client of C2SP tlog-tiles mirrors it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from relais_verify.notes import Checkpoint, Key, open_checkpoint
from relais_verify.tree import Frontier, leaf_hash
from relais_verify.verdicts import CHANGED, FORKED, INCOMPLETE, Refused

WIDTH = 256


class Mirror:
    """Reads every line once; keeps the roots of earlier sizes that somebody asks for before."""

    def __init__(self, folder: Path, key: Key) -> None:
        self._folder = folder
        self.checkpoint = open_checkpoint((folder / "checkpoint").read_text("utf-8"), key)

    def check(self, earlier: Checkpoint | None = None) -> str:
        """What was checked: every line, every tile, the root, and an earlier root. Raises `Refused`."""
        whole, rows, tiles, then = Frontier(), dict[int, list[bytes]](), 0, b""
        for leaf in self._leaves():
            hashed = leaf_hash(leaf)
            whole.add(hashed)
            tiles += self._rise(rows, 0, hashed, whole.size)
            if earlier and whole.size == earlier.size:
                then = whole.root
        tiles += self._check_partial(rows, whole.size)
        if whole.root != self.checkpoint.root:
            raise Refused(CHANGED, "the lines do not amount to the signed root")
        if earlier and 0 < earlier.size <= whole.size and then != earlier.root:
            raise Refused(FORKED, f"the first {earlier.size} lines are not those that were signed before")
        return f"{whole.size} lines, {tiles} tiles"

    def _leaves(self) -> Iterator[bytes]:
        for start in range(0, self.checkpoint.size, WIDTH):
            width = min(WIDTH, self.checkpoint.size - start)
            bundle, at, count = self._file("entries", start // WIDTH, width), 0, 0
            while at < len(bundle) and count < width:
                length = int.from_bytes(bundle[at : at + 2])
                yield bundle[at + 2 : at + 2 + length]
                at, count = at + 2 + length, count + 1
            if count < width:
                raise Refused(INCOMPLETE, f"lines {start + count} to {start + width - 1} are missing")

    def _rise(self, rows: dict[int, list[bytes]], level: int, hashed: bytes, size: int) -> int:
        """Puts a hash into its tile; a tile that is full is compared, and its own root goes a level up."""
        row = rows.setdefault(level, [])
        row.append(hashed)
        if len(row) < WIDTH:
            return 0
        index = (size >> 8 * (level + 1)) - 1
        self._compare(level, index, row)
        above = Frontier()
        for each in row:
            above.add(each)
        row.clear()
        return 1 + self._rise(rows, level + 1, above.root, size)

    def _check_partial(self, rows: Mapping[int, list[bytes]], size: int) -> int:
        partial = {level: row for level, row in rows.items() if row}
        for level, row in partial.items():
            self._compare(level, size >> 8 * (level + 1), row)
        return len(partial)

    def _compare(self, level: int, index: int, row: list[bytes]) -> None:
        if self._file(str(level), index, len(row))[: 32 * len(row)] != b"".join(row):
            raise Refused(CHANGED, f"tile {level}/{index} is not what its lines amount to")

    def _file(self, kind: str, index: int, width: int) -> bytes:
        """A tile as wide as it was, or wider: a partial one is the beginning of the full one."""
        groups = [f"{index % 1000:03}"]
        while index := index // 1000:
            groups.insert(0, f"x{index % 1000:03}")
        full = self._folder / "tile" / kind / "/".join(groups)
        partial = full.with_name(f"{full.name}.p") / str(width)
        for path in (full, partial):
            if path.is_file():
                return path.read_bytes()
        raise Refused(INCOMPLETE, f"tile/{kind}/{'/'.join(groups)} is missing, although it was signed")
