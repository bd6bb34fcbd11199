"""What an operator may set for notification."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from pydantic import Field, SecretStr

from services.notification.domain.notice import Patience
from services.notification.gateway import DIALECTS, Gateway, Shape
from services.notification.letters import Office, Senders
from services.notification.mail import MailRoute, MailServer
from services.notification.outward import Outward
from services.notification.push import PushServices, Vapid
from services.notification.reporting import Reports
from services.notification.webhooks import Webhooks
from shared.production import Rule, any_beyond
from shared.secret_settings import BY_ITS_SERVER, CodeSecrets, LinkSecrets, Rotation, Secrets, keys_in, newest_first
from shared.settings import Port, ServiceSettings
from shared.vault import Compartment
from shared.vault.links import Codes, Links

Seconds = Annotated[int, Field(ge=1, le=3600)]
MailAddress = Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$")]
MAILS = (
    Rule(
        ("smtp", "smtp_starttls"),
        lambda told: not told.smtp_starttls and any_beyond([told.smtp]),
        "RELAIS_SMTP is beyond this machine, in clear: set RELAIS_SMTP_STARTTLS to true",
    ),
    Rule(
        ("smtp", "smtp_user"),
        lambda told: not told.smtp_user and any_beyond([told.smtp]),
        "RELAIS_SMTP is beyond this machine, without a user: set RELAIS_SMTP_USER and RELAIS_SMTP_PASSWORD",
    ),
)
NEW_DEVICES = Rotation("set a new one and start again: each ISCG adds the device anew")
SmsSender = Annotated[str, Field(pattern=r"^[A-Za-z0-9 ]{1,11}$")]
"""Letters and digits, as mobile networks show a sender (3GPP TS 23.040)."""


class NotificationSettings(ServiceSettings):
    """Settings of notification: its doors, its mail server, and how long it goes on trying."""

    service: ClassVar[str] = "notification"
    rules: ClassVar[tuple[Rule, ...]] = (*ServiceSettings.rules, *MAILS)
    compartments: ClassVar[tuple[Compartment, ...]] = ("contact", "set-aside")

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
    smtp_password: Annotated[SecretStr | None, BY_ITS_SERVER] = Field(None, description="the password of that user")
    smtp_timeout: Seconds = Field(30, description="seconds in which one mail must be taken")
    smtp_connections: int = Field(4, ge=1, le=64, description="how many mails may be with the mail server at once")
    mail_from: MailAddress = Field("relais@relais.example", description="the address that mails come from")
    link_secrets: LinkSecrets
    code_secrets: CodeSecrets
    link_base: str = Field(
        "http://127.0.0.1:8102",
        pattern=r"^https?://[^\s/?#]+$",
        description="where a mail's link leads, without a path",
    )
    sms_gateway: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+$",
        description="where SMS are handed over, by HTTP POST; without it none are sent",
    )
    sms_shape: Shape = Field("generic", description="how that gateway is asked: generic (docs/notices.md) or brevo")
    sms_key: Annotated[SecretStr | None, BY_ITS_SERVER] = Field(
        None, description="by what this service is known to that gateway"
    )
    sms_timeout: Seconds = Field(10, description="seconds in which one SMS must be taken")
    sms_anywhere: bool = Field(
        False, description="true for trials only: the gateway may be asked over plain HTTP and at a private address"
    )
    sms_sender: SmsSender = Field("Relais", description="whom SMS to professionals come from")
    person_sms_sender: SmsSender = Field(
        "Info", description="whom SMS to a person come from: a name that betrays nothing"
    )
    person_mail_from: MailAddress | None = Field(
        None, description="the address that mails to a person come from: betrays nothing; without it none are sent"
    )
    report_base: str | None = Field(
        None,
        pattern=r"^https?://[^\s/?#]+$",
        description="where providers reach this service to report",
    )
    report_secrets: Secrets | None = Field(
        None, description="32 characters or more, from which the addresses for reports are made; newest first, by comma"
    )
    webhook_secrets: Secrets | None = Field(
        None,
        description="32 characters or more, from which partners' webhook secrets are computed; newest first, by comma",
    )
    webhook_timeout: Seconds = Field(10, description="seconds in which a partner's software must have answered")
    webhook_anywhere: bool = Field(
        False, description="true for trials only: webhooks may go over plain HTTP and to private addresses"
    )
    vapid_key: Annotated[SecretStr | None, NEW_DEVICES] = Field(
        None,
        description="a P-256 private key in PEM, by which browsers' push services know us",
    )
    vapid_subject: str = Field(
        "mailto:relais@relais.example",
        pattern=r"^(mailto:|https://)[^\s]+$",
        description="where operators of push services reach ours",
    )
    push_timeout: Seconds = Field(10, description="seconds in which a push service must have answered")
    push_anywhere: bool = Field(False, description="true for trials only: as for webhooks, for push services")
    notice_attempts: int = Field(24, ge=1, le=1000, description="how often a notice is tried before it is given up")
    notice_retry: Seconds = Field(5, description="seconds before the second attempt; later ones wait longer")

    def patience(self) -> Patience:
        """How long to go on trying, as the domain knows it."""
        timeouts = self.smtp_timeout, self.webhook_timeout, self.sms_timeout, self.push_timeout
        return Patience(
            attempts=self.notice_attempts,
            first_wait=timedelta(seconds=self.notice_retry),
            one_sending=timedelta(seconds=2 * max(timeouts)),
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
        if self.sms_gateway and not self.sms_key:
            found.append("RELAIS_SMS_KEY is missing: RELAIS_SMS_GATEWAY asks by what this service is known there")
        if self.sms_gateway and not (self.sms_anywhere or self.sms_gateway.startswith("https:")):
            found.append("RELAIS_SMS_GATEWAY is no https address: numbers would travel in clear")
        try:
            self.vapid()
        except (ValueError, TypeError, UnsupportedAlgorithm):
            found.append("RELAIS_VAPID_KEY cannot sign: set it to a P-256 private key in PEM, without a password")
        if self.report_base and not self.report_secrets:
            found.append("RELAIS_REPORT_SECRETS is missing: RELAIS_REPORT_BASE asks by what reports are known")
        return found

    def mails(self) -> MailServer:
        """What hands mails over."""
        password = self.smtp_password.get_secret_value() if self.smtp_password else None
        return MailServer(
            MailRoute(
                host=self.smtp.rpartition(":")[0],
                port=int(self.smtp.rpartition(":")[2]),
                start_tls=self.smtp_starttls,
                ca=self.smtp_ca,
                user=self.smtp_user,
                password=password,
                timeout=self.smtp_timeout,
                connections=self.smtp_connections,
            ),
            self.mail_from,
        )

    def gateway(self) -> Gateway:
        """What hands SMS over."""
        key = self.sms_key.get_secret_value() if self.sms_key else ""
        outward = Outward(self.sms_timeout, anywhere=self.sms_anywhere)
        return Gateway(self.sms_gateway, key, DIALECTS[self.sms_shape], outward, self.reports())

    def reports(self) -> Reports:
        """Where providers report what became of a notice."""
        return Reports(keys_in(self.report_secrets), self.report_base)

    def webhooks(self) -> Webhooks:
        """What calls partners' software."""
        return Webhooks(
            newest_first(self.webhook_secrets), Outward(self.webhook_timeout, anywhere=self.webhook_anywhere)
        )

    def push_services(self) -> PushServices:
        """What reaches devices."""
        return PushServices(self.vapid(), Outward(self.push_timeout, anywhere=self.push_anywhere))

    def vapid(self) -> Vapid | None:
        """Our signature for push services. Raises `ValueError` for any other kind of key."""
        return Vapid(self.vapid_key.get_secret_value(), self.vapid_subject) if self.vapid_key else None

    def office(self) -> Office:
        """What writes messages."""
        links, codes = Links(keys_in(self.link_secrets)), Codes(keys_in(self.code_secrets))
        senders = Senders(sms=self.sms_sender, person_sms=self.person_sms_sender, person_mail=self.person_mail_from)
        return Office(links, codes, self.link_base, self.sms_gateway is not None, senders)
