"""A partner's software and a browser's push service on loopback: what each is handed becomes a file.

The software verifies by Standard Webhooks' own library, the push service checks our signature (RFC 8292), and the
browser behind it decrypts (RFC 8291), as the real ones do. What does not hold is refused and kept nowhere.
"""

import json
import sys
from base64 import urlsafe_b64decode
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from deploy.local.browser import Browser, browser_of, is_signed
from deploy.local.server import Server
from deploy.local.waiting import wait_for

PORT, LONGEST = 2527, 64 * 1024
WEBHOOK, PUSH = "webhook", "web-push"


class Receivers(Server):
    """What stands at the other end of webhooks and of Web Push, in a process of its own."""

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook(self) -> str:
        """Where a partner's software takes messages."""
        return f"{self.address}/{WEBHOOK}"

    @property
    def subscription(self) -> str:
        """What the browser hands over (`PushSubscription` as JSON)."""
        return browser_of(self.folder).subscription(f"{self.address}/{PUSH}")

    def taken(self, by: str) -> Path:
        """The folder of what was taken by `webhook` or `web-push`: a file a message, named by its notice."""
        return self.folder / by

    def trust(self, secrets: str) -> None:
        """With which secrets the software verifies, one a line."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "secrets"
        file.touch(mode=0o600)
        file.write_text(secrets, "utf-8")

    def start_anew(self) -> None:
        """Start it, and return when it listens."""
        for by in (WEBHOOK, PUSH):
            self.taken(by).mkdir(parents=True, exist_ok=True)
        port = self.ports.choose(self.name, PORT)
        self.say("Starting a partner's software and a push service")
        self.process.start([sys.executable, "-m", "deploy.local.receivers", str(port), self.folder])
        wait_for(self.process, lambda: self.process.listens_on(port))


class Door(BaseHTTPRequestHandler):
    """Takes one message a request. A repetition has the same id, and is the same message."""

    folder: Path
    browser: Browser

    def do_POST(self) -> None:  # the name by which http.server calls it
        """Keep what holds before it is answered."""
        take = {f"/{WEBHOOK}": self._take_webhook, f"/{PUSH}": self._take_push}.get(self.path)
        body = self.rfile.read(min(int(self.headers.get("content-length") or 0), LONGEST))
        self.send_response(take(body) if take else HTTPStatus.NOT_FOUND)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing of a message stands in a log."""

    def _take_webhook(self, body: bytes) -> HTTPStatus:
        secrets = (self.folder / "secrets").read_text("utf-8").split()
        if not any(_verifies(secret, body, dict(self.headers)) for secret in secrets):
            return HTTPStatus.UNAUTHORIZED
        self._keep(WEBHOOK, UUID(self.headers["webhook-id"]), body.decode())
        return HTTPStatus.NO_CONTENT

    def _take_push(self, body: bytes) -> HTTPStatus:
        if not is_signed(self.headers.get("authorization", ""), f"http://{self.headers['host']}"):
            return HTTPStatus.FORBIDDEN
        try:
            self._keep(PUSH, UUID(bytes=urlsafe_b64decode(self.headers["topic"] + "==")), self.browser.read(body))
        except ValueError:
            return HTTPStatus.BAD_REQUEST
        return HTTPStatus.CREATED

    def _keep(self, by: str, id_: UUID, text: str) -> None:
        partial = self.folder / f".{id_}"
        partial.write_text(json.dumps(json.loads(text), ensure_ascii=False, indent=2), "utf-8")
        partial.rename(self.folder / by / f"{id_}.json")


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    except WebhookVerificationError:
        return False
    return True


if __name__ == "__main__":
    Door.folder = Path(sys.argv[2])
    Door.browser = browser_of(Door.folder)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()
