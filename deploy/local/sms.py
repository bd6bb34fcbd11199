"""A real HTTP gateway on loopback that sends no SMS: each that it takes becomes a file."""

import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.local.server import Server
from deploy.local.waiting import wait_for

PORT, LONGEST = 2526, 16 * 1024


class Sms(Server):
    """The SMS gateway of a local stack, of the generic shape (docs/notices.md)."""

    @property
    def address(self) -> str:
        """Where messages are posted."""
        return f"http://127.0.0.1:{self.port}/messages"

    @property
    def taken(self) -> Path:
        """The folder of what it took: a file a message, named by the message's id."""
        return self.folder / "taken"

    def start_anew(self) -> None:
        """Start it, and return when it listens."""
        self.taken.mkdir(parents=True, exist_ok=True)
        port = self.ports.choose(self.name, PORT)
        self.say("Starting the SMS gateway")
        self.process.start([sys.executable, "-m", "deploy.local.sms", str(port), self.taken])
        wait_for(self.process, lambda: self.process.listens_on(port))


class Gateway(BaseHTTPRequestHandler):
    """Takes one message a request, and a repetition under its idempotency key as the same."""

    folder: Path

    def do_POST(self) -> None:  # the name by which http.server calls it
        """Keep the message before it is answered."""
        if not self.headers.get("authorization", "").startswith("Bearer "):
            return self._answer(HTTPStatus.UNAUTHORIZED, {})
        try:
            message = json.loads(self.rfile.read(min(int(self.headers["content-length"]), LONGEST)))
            id_ = UUID(message["id"])
            kept = {name: str(message[name]) for name in ("to", "from", "text")}
        except (ValueError, KeyError, TypeError):
            return self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": "no message with id, to, from and text"})
        file, partial = self.folder / f"{id_}.json", self.folder / f".{id_}"
        if not file.exists():
            partial.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
            partial.rename(file)
        return self._answer(HTTPStatus.ACCEPTED, {"message_id": str(id_)})

    def log_message(self, *_arguments: Any) -> None:
        """Nothing of a message stands in a log."""

    def _answer(self, status: HTTPStatus, body: dict[str, str]) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)


if __name__ == "__main__":
    Gateway.folder = Path(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gateway).serve_forever()
