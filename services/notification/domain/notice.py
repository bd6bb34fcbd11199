"""Avis: what is owed to one recipient because of one event, and how far its sending has come."""

from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from uuid import UUID, uuid5

from shared.contracts.fields import Block
from shared.contracts.forms import OpaqueCode, UtcTime
from shared.contracts.ids import NAMESPACE
from shared.contracts.person import Language
from shared.contracts.vocabulary import NoticeChannel, NoticeFailure, RecipientRole, Urgency
from shared.contracts.vocabulary.code import Code

DIGESTS = uuid5(NAMESPACE, "notification/digests")


class NoticeKind(Code):
    """Objet d'un avis."""

    ASSIGNED = "assigned", "Saisine attribuée"
    ESCALATED = "escalated", "Saisine remontée"
    REFERRAL = "referral", "Orientation"
    REMINDER = "reminder", "Échéance proche"
    MISSED = "missed", "Échéance dépassée"
    ANSWERED = "answered", "Réponse d'un partenaire"
    EXPIRED = "expired", "Partenaire sans réponse"
    CANCELLED = "cancelled", "Orientation annulée"
    LINK = "link", "Nouveau lien"
    CODE = "code", "Code d'accès"
    GLASS_BROKEN = "glass-broken", "Accès d'urgence par une autre ISCG"
    CORRECTED = "corrected", "Fiche corrigée par l'unité"
    MERGED = "merged", "Doublon réuni avec une autre saisine"
    PARTED = "parted", "Doublon séparé d'une autre saisine"
    DIGEST = "digest", "Récapitulatif après une interruption"
    ENDED = "ended", "Saisine terminée sans elle"
    PERSON = "person", "Message à la personne, avec son accord"
    ACCESS_CHANGED = "access-changed", "Connexion ou coordonnées modifiées"
    GATHERED = "gathered", "Avis regroupés"


class NoticeState(Code):
    """État d'un avis."""

    OWED = "owed", "Dû"
    SENDING = "sending", "En cours d'envoi"
    SENT = "sent", "Envoyé"
    DELIVERED = "delivered", "Remis"
    BOUNCED = "bounced", "Revenu"
    FAILED = "failed", "Échoué"
    STANDBY = "standby", "En réserve, si un autre avis échoue"
    UNKNOWN = "unknown", "Sort inconnu"
    CANCELLED = "cancelled", "Annulé"


class Handover(Enum):
    """How one sending ended: the provider took it, put it off, refused it, it could not be written, or nobody knows."""

    TAKEN = "taken"
    PUT_OFF = "put-off"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNWRITABLE = "unwritable"


class Patience(Block):
    """How often a notice is tried, how long to wait between, and how long one sending may last at most.

    Where there is another way to tell, one way is tried less often.
    """

    attempts: int = 24
    attempts_by_one_way: int = 4
    first_wait: timedelta = timedelta(seconds=5)
    longest_wait: timedelta = timedelta(minutes=15)
    one_sending: timedelta = timedelta(seconds=60)

    def wait_after(self, notice_id: UUID, attempt: int) -> timedelta:
        """Twice as long each time, half to one and a half of it, so that those put off together don't come together."""
        wait = min(self.first_wait * (1 << min(attempt - 1, 20)), self.longest_wait)
        spread = uuid5(notice_id, f"wait/{attempt}").int % 1000 / 1000
        return wait * (0.5 + spread)


class Answering(Block):
    """What a partner without an account answers, and by which of its links, if by one."""

    referral_id: UUID
    link: int | None = None


class Notice(Block):
    """Avis to one recipient. It has `due_at` for as long as something remains to be done.

    `sealed` is the event's list of recipients as it came: the address is opened at the moment of sending only, and
    kept no longer than it is needed. `channel` is the one by which it goes, `about` what a partner's link leads to,
    `code` the counter of a code. `cases` are those that a digest tells of; without any it tells of `case_id`.
    `more` are the ways that are left where this one fails, `way` counts those that have; `tried` is the number of
    attempts by them. `stand_ins` are notices to others, who are told where this recipient can't be.
    `not_after` is when a message to the person is worth nothing any more; `stopping`: it was with its provider when
    something happened after which it must not be tried again, and `stop_id` is the request that awaits its end.
    `trace` is that of the event because of which it is owed, `links` are those of the others that a digest tells of.
    """

    id: UUID
    case_id: UUID
    kind: NoticeKind
    ref: OpaqueCode
    role: RecipientRole
    channel: NoticeChannel = NoticeChannel.EMAIL
    more: tuple[NoticeChannel, ...] = ()
    way: int = 0
    tried: int = 0
    stand_ins: tuple[UUID, ...] = ()
    template: OpaqueCode
    template_version: int
    about: Answering | None = None
    code: int | None = None
    cases: tuple[UUID, ...] = ()
    language: Language
    urgency: Urgency | None = None
    test: bool = False
    sealed: str | None = None
    state: NoticeState = NoticeState.OWED
    failure: NoticeFailure | None = None
    attempts: int = 0
    owed_at: UtcTime
    due_at: UtcTime | None = None
    not_after: UtcTime | None = None
    stop_id: UUID | None = None
    stopping: bool = False
    trace: str | None = None
    links: tuple[str, ...] = ()

    def is_open(self) -> bool:
        """Whether something remains to be done."""
        return self.due_at is not None

    @property
    def tells_of(self) -> tuple[UUID, ...]:
        """The cases because of which somebody is told."""
        return self.cases or (self.case_id,)

    def gathers(self) -> bool:
        """Whether it is a digest that nobody has begun to send, and that has room for more."""
        is_full = max(len(self.cases), len(self.stand_ins)) >= MOST_IN_A_DIGEST
        return self.kind in GATHERED_FOR and self.state is NoticeState.OWED and self.attempts == 0 and not is_full

    def with_case_of(self, other: "Notice") -> "Notice":
        """The digest, with the case of another notice. The address is kept as it came last."""
        members = {"cases": tuple(dict.fromkeys((*self.cases, other.case_id))), "case_id": other.case_id}
        stand_ins = (*self.stand_ins, *other.stand_ins)
        links = (*self.links, other.trace) if other.trace else self.links
        return self.model_copy(update=members | {"sealed": other.sealed, "stand_ins": stand_ins, "links": links})

    def can_begin(self, n: int) -> bool:
        """Whether the n-th attempt is the next one, and wanted."""
        return self.is_open() and self.attempts == n - 1

    def begun(self, at: datetime, patience: Patience) -> "Notice":
        """It is being sent from now on. If it is still so when this time is over, its sender died over it."""
        due_at = at + patience.one_sending
        return self._moved(NoticeState.SENDING, due_at=due_at, attempts=self.attempts + 1)

    def ended(self, handover: Handover, at: datetime, patience: Patience) -> "Notice":
        """What becomes of it after one sending. A professional may be told twice, the person never."""
        if handover is Handover.TAKEN:
            return self._moved(NoticeState.SENT)
        if handover is Handover.UNWRITABLE:
            return self.failed(NoticeFailure.UNWRITABLE)
        if handover is Handover.UNKNOWN and self.is_to_person:
            return self.failed(NoticeFailure.UNKNOWN)
        if self.stopping:
            return self.failed(NoticeFailure.STOPPED)
        if handover is Handover.REFUSED:
            return self.by_another_way(at) or self.failed(NoticeFailure.REFUSED)
        return self._tried_again(handover, at, patience)

    def _tried_again(self, handover: Handover, at: datetime, patience: Patience) -> "Notice":
        tries = self.attempts - self.tried
        if self.more and tries >= patience.attempts_by_one_way:
            return self.by_another_way(at) or self
        if tries >= patience.attempts:
            return self.failed(NoticeFailure.GIVEN_UP)
        state = NoticeState.UNKNOWN if handover is Handover.UNKNOWN else NoticeState.OWED
        return self._moved(state, due_at=at + patience.wait_after(self.id, tries))

    def by_another_way(self, at: datetime) -> "Notice | None":
        """The same by the next of its recipient's ways; none where there is no other."""
        if not self.more:
            return None
        channel, *more = self.more
        members = {"channel": channel, "more": tuple(more), "way": self.way + 1, "tried": self.attempts}
        return self._moved(NoticeState.OWED, due_at=at, **members)

    def stopped(self, stop_id: UUID | None = None) -> "Notice":
        """Nothing more may leave by it: it ends now, or where a provider has it already, with this attempt."""
        if self.state is NoticeState.SENDING:
            return self.model_copy(update={"stopping": True, "stop_id": stop_id or self.stop_id})
        return self.failed(NoticeFailure.STOPPED)

    def put_off(self, until: datetime) -> "Notice":
        """It is not to be sent before that."""
        return self._moved(self.state, due_at=until)

    def instead(self, at: datetime) -> "Notice":
        """It is told now, since another could not be."""
        return self._moved(NoticeState.OWED, due_at=at)

    def kept_in_reserve(self) -> "Notice":
        """It is told only where another can't be."""
        return self._moved(NoticeState.STANDBY)

    def again(self, at: datetime) -> "Notice":
        """An operator has it sent once more, with all the patience of a new one."""
        return self._moved(NoticeState.OWED, due_at=at, failure=None, tried=self.attempts)

    def delivered(self) -> "Notice":
        """Its provider says that it has arrived."""
        return self._moved(NoticeState.DELIVERED)

    def bounced(self) -> "Notice":
        """Its provider says that it could not be delivered after all."""
        return self._moved(NoticeState.BOUNCED)

    def failed(self, failure: NoticeFailure) -> "Notice":
        """Whoever was to be told does not know, and will not by this notice."""
        return self._moved(NoticeState.FAILED, failure=failure)

    def cancelled(self) -> "Notice":
        """Nobody is to be told any more: the person's case was erased."""
        return self._moved(NoticeState.CANCELLED)

    @property
    def is_to_person(self) -> bool:
        """Whether it goes to the person concerned herself."""
        return self.role is RecipientRole.PERSON

    def _moved(self, state: NoticeState, due_at: datetime | None = None, **changes: object) -> "Notice":
        # What has ended may come back, or be sent again by an operator: but never to the person.
        is_over = due_at is None and (self.is_to_person or state is NoticeState.CANCELLED)
        sealed = None if is_over else self.sealed
        return self.model_copy(update={"state": state, "due_at": due_at, "sealed": sealed, **changes})


ADDRESS_KEPT = timedelta(days=3)
"""So long the sealed address of a notice that has ended is kept: mails come back within days."""


GATHERED_FOR = MappingProxyType({NoticeKind.DIGEST: timedelta(minutes=2), NoticeKind.GATHERED: timedelta(minutes=15)})
"""So long a digest waits for more to tell of."""

MOST_AN_HOUR = 30
"""So many notices one professional gets within an hour one by one; what is not immediate is gathered from then on."""

MOST_IN_A_DIGEST = 100
"""So many cases one digest tells of: nobody reads more, and each is said in the log when it has gone."""


class Gathering(Block):
    """Which digest of a recipient gathers now, the n-th of its kind: a new one where that one has gone, or is full."""

    digest_id: UUID
    n: int


def gathering_id(kind: NoticeKind, ref: str, *, test: bool) -> str:
    """What is gathered for a recipient comes together by kind; tests and what is real never stand in one digest."""
    return f"{kind}/{ref}/{test}"


def next_gathering(id_: str, last: Gathering | None) -> Gathering:
    """The digest after the last one."""
    n = last.n + 1 if last else 1
    return Gathering(digest_id=uuid5(DIGESTS, f"{id_}/{n}"), n=n)


def notice_id(cause: UUID, ref: str) -> UUID:
    """One event owes one recipient one notice, however often the event is read."""
    return uuid5(cause, f"notification/notice/{ref}")
