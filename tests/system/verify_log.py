"""An auditor's check of the log, from outside: it imports nothing of Relais.

Fetches every line, builds the tree again, and compares it with every tile and with the signed checkpoint; then has
proofs of some lines verified by another engine. With `--remember FILE` it also shows that the log continues the
checkpoint it saw last time: without that memory, an older signed state put back passes every check.

    python tests/system/verify_log.py URL VKEY [--token TOKEN] [--justification WHY] [--remember FILE] [--sample 20]

Exit status 0: the log holds; 1: it does not, and why; 2: it could not be fetched.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import httpx
import metamorphic_log

WIDTH = 256


class LogRefused(Exception):
    """Something in the log is not what was signed."""


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"").digest()
    cut = split(len(hashes))
    return node(root(hashes[:cut]), root(hashes[cut:]))


def inclusion(hashes: Sequence[bytes], index: int) -> list[bytes]:
    if len(hashes) < 2:
        return []
    cut = split(len(hashes))
    if index < cut:
        return [*inclusion(hashes[:cut], index), root(hashes[cut:])]
    return [*inclusion(hashes[cut:], index - cut), root(hashes[:cut])]


def consistency(old: int, hashes: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    if old == len(hashes):
        return [] if whole else [root(hashes)]
    cut = split(len(hashes))
    if old <= cut:
        return [*consistency(old, hashes[:cut], whole=whole), root(hashes[cut:])]
    return [*consistency(old - cut, hashes[cut:], whole=False), root(hashes[:cut])]


def paths(count: int) -> Iterator[tuple[str, int]]:
    """Name and width of every tile over so many hashes."""
    for start in range(0, count, WIDTH):
        digits = f"{start // WIDTH:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        width = min(WIDTH, count - start)
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        yield (name if width == WIDTH else f"{name}.p/{width}"), width


class Log:
    """The log as anybody can fetch it."""

    def __init__(self, url: str, token: str | None) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=30)
        self._under = dict[str, str]()

    def consult(self, justification: str) -> None:
        """Say why the lines are read: the log keeps that."""
        why = {"purpose": "audit", "justification": justification}
        answer = self._client.post("/v1/consultations", json=why).raise_for_status()
        self._under = {"consultation": answer.json()["consultation_id"]}

    def fetch(self, path: str) -> bytes:
        under = self._under if path.startswith("tile/entries/") else {}
        answer = self._client.get(f"/{path}", params=under)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise LogRefused(f"{path} is missing, although a checkpoint covers it")
        return answer.raise_for_status().content

    def leaves(self, size: int) -> Iterator[bytes]:
        for path, width in paths(size):
            bundle, count = self.fetch(f"tile/entries/{path}"), 0
            while bundle:
                length = int.from_bytes(bundle[:2], "big")
                yield bundle[2 : 2 + length]
                bundle, count = bundle[2 + length :], count + 1
            if count != width:
                raise LogRefused(f"tile/entries/{path} holds {count} lines instead of {width}")


def check_tiles(log: Log, hashes: Sequence[bytes]) -> int:
    """Every tile of every level against the lines. Returns how many tiles that were."""
    level, count = 0, 0
    while hashes:
        for number, (path, width) in enumerate(paths(len(hashes))):
            if log.fetch(f"tile/{level}/{path}") != b"".join(hashes[number * WIDTH :][:width]):
                raise LogRefused(f"tile/{level}/{path} is not what its lines amount to")
            count += 1
        level, whole = level + 1, len(hashes) // WIDTH
        hashes = [root(hashes[at * WIDTH : (at + 1) * WIDTH]) for at in range(whole)]
    return count


def check_remembered(hashes: Sequence[bytes], note: str, vkey: str, memory: Path) -> None:
    """That the log only grew since the checkpoint in this file, which is then replaced."""
    if memory.exists():
        before = memory.read_text()
        size = metamorphic_log.checkpoint_verify(before, [vkey]).size
        if size > len(hashes):
            raise LogRefused(f"the log has shrunk: {size} lines were signed, it shows {len(hashes)}")
        if size > 0:
            proof = consistency(size, hashes)
            metamorphic_log.checkpoint_verify_consistency(before, note, [vkey], proof)
    memory.write_text(note)


def verify(log: Log, vkey: str, memory: Path | None, sample: int) -> str:
    note = log.fetch("checkpoint").decode()
    head = metamorphic_log.checkpoint_verify(note, [vkey])
    hashes = [sha256(b"\x00" + leaf).digest() for leaf in log.leaves(head.size)]
    tiles = check_tiles(log, hashes)
    if root(hashes) != head.root:
        raise LogRefused("the lines do not amount to the signed root")
    chosen = random.sample(range(head.size), min(sample, head.size))
    for index in chosen:
        proof = inclusion(hashes, index)
        metamorphic_log.checkpoint_verify_inclusion(note, [vkey], index, hashes[index], proof)
    if memory:
        check_remembered(hashes, note, vkey, memory)
    return f"{head.origin}: {head.size} lines, {tiles} tiles, {len(chosen)} proofs, all as signed"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("vkey")
    parser.add_argument("--token")
    parser.add_argument("--justification", default="The whole log is verified")
    parser.add_argument("--remember", type=Path, metavar="FILE")
    parser.add_argument("--sample", type=int, default=20)
    given = parser.parse_args()
    try:
        log = Log(given.url, given.token)
        log.consult(given.justification)
        sys.stdout.write(verify(log, given.vkey, given.remember, given.sample) + "\n")
    except (LogRefused, metamorphic_log.VerifyError) as refusal:
        sys.stderr.write(f"The log does not hold: {refusal}\n")
        return 1
    except httpx.HTTPError as error:
        sys.stderr.write(f"The log could not be fetched: {type(error).__name__}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
