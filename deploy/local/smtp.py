"""A real SMTP server on loopback that delivers nothing: each mail it takes becomes a file in a maildir."""

import sys
from email.message import EmailMessage

from deploy.local.server import Server
from deploy.local.waiting import wait_for

PORT = 2525


def plain_text(mail: EmailMessage) -> str:
    """What a mail says, as plain text."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


class Smtp(Server):
    """The mail server of a local stack. The mails it took are the files in `smtp/mail/new`."""

    @property
    def address(self) -> str:
        """Where it answers, host:port."""
        return f"127.0.0.1:{self.port}"

    def start_anew(self) -> None:
        """Start it, and return when it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        port = self.ports.choose(self.name, PORT)
        self.say("Starting the mail server")
        listening = ["--nosetuid", "--listen", f"127.0.0.1:{port}", "--class", "aiosmtpd.handlers.Mailbox"]
        self.process.start([sys.executable, "-m", "aiosmtpd", *listening, self.folder / "mail"])
        wait_for(self.process, lambda: self.process.listens_on(port))
