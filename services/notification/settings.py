"""What an operator may set for notification."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, SecretStr

from services.notification.domain.notice import Patience
from services.notification.webhooks import Webhooks
from shared.settings import SECRET_LENGTH, Port, ServiceSettings

Seconds = Annotated[int, Field(ge=1, le=3600)]


class NotificationSettings(ServiceSettings):
    """Settings of notification: its doors, its mail server, and how long it goes on trying."""

    service: ClassVar[str] = "notification"

    http_port: Port = Field(8103, description="a port, 0 for any free one")
    metrics_port: Port = Field(9103, description="a port, 0 for any free one")
    smtp: str = Field(
        pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$", description="the mail server that takes our mails, host:port"
    )
    smtp_starttls: bool = Field(
        False, description="true to send only through TLS (STARTTLS), as everywhere but on loopback"
    )
    smtp_ca: Path | None = Field(None, description="a PEM file with the authority that signed the mail server's key")
    smtp_user: str | None = Field(None, description="the user of this service at the mail server")
    smtp_password: SecretStr | None = Field(None, description="the password of that user")
    smtp_timeout: Seconds = Field(30, description="seconds in which one mail must be taken")
    mail_from: str = Field(
        "relais@relais.example",
        pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$",
        description="the address that mails come from",
    )
    link_base: str = Field(
        "http://127.0.0.1:8102",
        pattern=r"^https?://[^\s/?#]+$",
        description="where a mail's link leads, without a path",
    )
    sms_gateway: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9.-]+$",
        description="the domain of a gateway that makes an SMS of a mail to <number>@<domain>, for partners' codes",
    )
    webhook_secrets: SecretStr | None = Field(
        None,
        description="32 characters or more, from which partners' webhook secrets are computed; newest first, by comma",
    )
    webhook_timeout: Seconds = Field(10, description="seconds in which a partner's software must have answered")
    webhook_anywhere: bool = Field(
        False, description="true for trials only: webhooks may go over plain HTTP and to private addresses"
    )
    notice_attempts: int = Field(24, ge=1, le=1000, description="how often a notice is tried before it is given up")
    notice_retry: Seconds = Field(5, description="seconds before the second attempt; later ones wait longer")

    def patience(self) -> Patience:
        """How long to go on trying, as the domain knows it."""
        return Patience(
            attempts=self.notice_attempts,
            first_wait=timedelta(seconds=self.notice_retry),
            one_sending=timedelta(seconds=2 * max(self.smtp_timeout, self.webhook_timeout)),
        )

    def faults(self) -> list[str]:
        """As for every service, and whether the mail server can be reached as it is set."""
        found = super().faults()
        if (self.smtp_user is None) != (self.smtp_password is None):
            found.append("RELAIS_SMTP_USER and RELAIS_SMTP_PASSWORD need each other: set both or none")
        if self.smtp_user and not self.smtp_starttls:
            found.append("RELAIS_SMTP_PASSWORD would travel in clear: set RELAIS_SMTP_STARTTLS to true")
        if self.smtp_ca and not self.smtp_ca.is_file():
            found.append("RELAIS_SMTP_CA names no file: name a readable PEM file")
        if any(len(each) < SECRET_LENGTH for each in self.newest_secrets()):
            found.append("RELAIS_WEBHOOK_SECRETS holds one that is too short: each needs 32 characters or more")
        return found

    def newest_secrets(self) -> list[str]:
        """Our own secrets for webhooks, the newest first."""
        secrets = self.webhook_secrets.get_secret_value() if self.webhook_secrets else ""
        return [each.strip() for each in secrets.split(",") if each.strip()]

    def webhooks(self) -> Webhooks:
        """What calls partners' software."""
        return Webhooks(self.newest_secrets(), self.webhook_timeout, anywhere=self.webhook_anywhere)

    def smtp_host(self) -> str:
        """The mail server's host."""
        return self.smtp.rpartition(":")[0]

    def smtp_port(self) -> int:
        """The mail server's port."""
        return int(self.smtp.rpartition(":")[2])

    def mail_domain(self) -> str:
        """The domain that our mails come from."""
        return self.mail_from.rpartition("@")[2]
