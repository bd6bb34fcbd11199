"""What can be seen of Relais from outside besides its topics: what people were told, and the log as it is fetched."""

import json
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

import httpx

from deploy.demo.history import Message, Place
from deploy.local.receivers import PUSH, WEBHOOK
from deploy.local.smtp import plain_text
from deploy.local.stack import Stack

WIDTH = 256


class Letterbox:
    """What was put into a folder, a file a message, since this was made."""

    def __init__(self, folder: Path, read: Callable[[Path], Message]) -> None:
        self._folder, self._read = folder, read
        self._seen = set(self._files())

    def empty(self) -> Iterator[Message]:
        """The messages that came since the last time."""
        for path, written in self._files():
            if (path, written) not in self._seen:
                self._seen.add((path, written))
                yield self._read(path)

    def _files(self) -> list[tuple[Path, int]]:
        """Each file, and when it was written: ids are computed, and the first ones of two houses may be the same."""
        return [(path, path.stat().st_mtime_ns) for path in sorted(self._folder.glob("*"))]


def letterboxes(stack: Stack) -> list[Letterbox]:
    """The mailbox, the partner's software and the ISCG's device of a stack."""
    receivers = stack.receivers
    found = [Letterbox(stack.folder / "smtp" / "mail" / "new", _mail)]
    if receivers.process.is_running():
        ends = {WEBHOOK: receivers.webhook, PUSH: receivers.subscription}
        found += [Letterbox(receivers.taken(by), partial(_received, by, to)) for by, to in ends.items()]
    return found


def _received(by: str, to: str, path: Path) -> Message:
    return Message(path.stem, to, path.read_text("utf-8"), by)


def _mail(path: Path) -> Message:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    words = plain_text(message)
    heads = "\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Subject", "Message-ID"))
    return Message(str(message["Message-ID"]).strip("<>").partition("@")[0], str(message["To"]), f"{heads}\n\n{words}")


class LogReader:
    """Reads the lines of a tlog-tiles log that were added since this was made, and needs an auditor's token."""

    def __init__(self, address: str, token: str) -> None:
        self._client = httpx.AsyncClient(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=10)
        self._under = dict[str, str]()
        self.size = 0

    async def skip(self) -> None:
        """Take the log's end as the beginning."""
        self.size = await self._signed_size()

    async def lines(self) -> list[tuple[int, Place]]:
        """New lines about records: the index of each, and the record's place. Raises `httpx.HTTPError`
        where it does not answer, and `ValueError` where a line can't be read.
        """
        size = await self._signed_size()
        found: list[tuple[int, bytes]] = []
        for start in range(self.size // WIDTH * WIDTH, size, WIDTH):
            width = min(WIDTH, size - start)
            path = f"/tile/entries/{tile_path(start // WIDTH, width)}"
            bundle = (await self._client.get(path, params=await self._consultation())).raise_for_status()
            found += [(start + n, line) for n, line in enumerate(_split(bundle.content))]
        new = [(index, place) for index, line in found if index >= self.size and (place := _place(line))]
        self.size = max(size, self.size)
        return new

    async def _consultation(self) -> dict[str, str]:
        """Under what lines are read: why is said once."""
        if not self._under:
            why = {"purpose": "audit", "justification": "The demo follows its reports"}
            answer = (await self._client.post("/v1/consultations", json=why)).raise_for_status()
            self._under = {"consultation": answer.json()["consultation_id"]}
        return self._under

    async def close(self) -> None:
        """Leave the log."""
        await self._client.aclose()

    async def _signed_size(self) -> int:
        answer = await self._client.get("/checkpoint")
        # A log is empty until its first checkpoint.
        return 0 if answer.status_code == httpx.codes.NOT_FOUND else int(answer.raise_for_status().text.split("\n")[1])


def tile_path(number: int, width: int) -> str:
    """The name of a tile, three digits a folder, as C2SP tlog-tiles has it."""
    digits = f"{number:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return name if width == WIDTH else f"{name}.p/{width}"


def _split(bundle: bytes) -> Iterator[bytes]:
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        yield bundle[2 : 2 + length]
        bundle = bundle[2 + length :]


def _place(line: bytes) -> Place | None:
    src = json.loads(line)["src"]
    return Place(*src) if src else None
