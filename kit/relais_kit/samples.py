"""Reports good and bad, each with the answer that it must get: to try one's own software with."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from relais_kit.base import Change, Json, base, drop, put
from shared.contracts.vocabulary import (
    GROUND_FITS,
    ActKind,
    Category,
    ContactChannel,
    LegalGround,
    Origin,
    PartnerType,
    Role,
    Urgency,
)

PERSON, OTHER = "/content/persons/0", "/content/persons/1"
CONSENT, CONTACT = f"{PERSON}/consent", f"{PERSON}/contact"
VALUES = {
    ContactChannel.PHONE: "+33 6 39 98 00 01",
    ContactChannel.SMS: "06 39 98 00 01",
    ContactChannel.EMAIL: "exemple@exemple.fr",
    ContactChannel.LETTER: "Poste restante, 31000 Toulouse",
    ContactChannel.TRUSTED_PERSON: "La voisine, au 2e étage",
}
REFUSED = (put(f"{CONSENT}/contact_by_iscg", "refused"), put("/content/partners_asked", []))


@dataclass(frozen=True, slots=True)
class Sample:
    """One report, and what it must be answered the first time: the outcome, and pointer and code of each fault."""

    name: str
    report: Json
    outcome: str = "accepted"
    faults: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> int:
        """The status at the HTTPS door."""
        return 422 if self.outcome == "rejected" else 201


def samples() -> list[Sample]:
    """Every sample. Ids are the same each time: a second run repeats the first."""
    return [*_good(), *_bad()]


def _good() -> Iterator[Sample]:
    for urgency, act in product(Urgency, ActKind):
        yield _sample(f"{act}-{urgency}", put("/urgency", urgency), put("/content/act/kind", act))
    for origin in Origin:
        yield _sample(f"origin-{origin}", put("/content/origin", origin))
    for category in Category:
        yield _sample(f"category-{category}", put("/content/categories", [category]))
    for role in Role:
        yield _sample(f"role-{role}", put(f"{PERSON}/role", role))
    for channel, value in VALUES.items():
        safe = (put(f"{CONTACT}/channel", channel), put(f"{CONTACT}/never_call", False))
        yield _sample(f"contact-{channel}", *safe, put(f"{CONTACT}/value", value))
    for partner in PartnerType:
        given = put(f"{CONSENT}/partners", {partner.value: "given"})
        yield _sample(f"partner-{partner}", given, put("/content/partners_asked", [partner]))
    for ground in LegalGround:
        asked = put("/content/partners_asked", sorted(GROUND_FITS[ground].partners))
        yield _sample(f"refused-{ground}", REFUSED[0], put("/content/legal_ground", ground), asked)
    yield _sample("refused", *REFUSED, outcome="counted")
    not_asked = (put(f"{CONSENT}/contact_by_iscg", "not-asked"), put(f"{CONSENT}/why", "elle dormait"))
    yield _sample("not-asked", *not_asked)
    yield _sample("hours-past-midnight", put(f"{CONTACT}/from", "21:30"), put(f"{CONTACT}/to", "02:00"))
    yield _sample("least", *map(drop, LEAST))


LEAST = (
    "/test",
    *(f"/content/{name}" for name in ("facts_at", "minors", "danger_grid", "legal_ground", "related_to")),
    *(f"/content/{name}" for name in ("partners_asked", "note")),
    *(f"{PERSON}/{name}" for name in ("sex", "name", "birth_date", "address", "languages", "contact", "needs")),
    *(f"{CONSENT}/{name}" for name in ("partners", "collected_at", "how", "why", "until")),
)
"""Everything that a report may leave out."""


def _bad() -> Iterator[Sample]:
    for pointer in REQUIRED:
        yield _broken(f"without{_named(pointer)}", pointer, "missing", drop(pointer))
    for pointer, value, code in WRONG:
        yield _broken(f"{code}{_named(pointer)}", pointer, code, put(pointer, value))
    yield _broken("unknown-member", "/content", "unknown-member", put("/content/canari", 1))
    bands = "/content/minors/age_bands"
    yield _broken("minors-without-age-bands", bands, "age-bands-required", drop(bands))
    yield _broken("hours-without-end", f"{CONTACT}/to", "hours-incomplete", drop(f"{CONTACT}/to"))
    yield _broken("two-concerned", "/content/persons", "not-one-concerned", put(OTHER, _another(True)))
    named = _another(False) | {"name": {"family": "EXEMPLE"}}
    yield _broken("name-of-another", f"{OTHER}/name", "only-concerned-person", put(OTHER, named))
    without_consent = drop(f"{PERSON}/consent"), put("/content/partners_asked", [])
    yield _broken("without-consent", f"{PERSON}/consent", "missing", *without_consent)
    not_asked = put(f"{CONSENT}/contact_by_iscg", "not-asked")
    yield _broken("not-asked-without-why", f"{CONSENT}/why", "why-required", not_asked)
    by_mail = put(f"{CONTACT}/channel", "email"), put(f"{CONTACT}/value", "exemple@exemple")
    yield _broken("not-an-email", f"{CONTACT}/value", "not-an-email", *by_mail)
    many = base(*(put(pointer, value) for pointer, value, _ in MANY), of="many-faults")
    yield Sample("many-faults", many, "rejected", tuple((pointer, code) for pointer, _, code in MANY))


REQUIRED = (
    *("/report_id", "/revision", "/station", "/taken_at", "/urgency"),
    *(f"/content/{name}" for name in ("act", "origin", "officer", "categories", "penal", "persons")),
    *(f"{PERSON}/{name}" for name in ("concerned", "role", "age_band")),
    *("/content/act/kind", f"{CONTACT}/channel", f"{CONTACT}/value", f"{CONTACT}/zone", f"{CONSENT}/contact_by_iscg"),
    *("/content/minors/count", "/content/danger_grid/version", "/content/danger_grid/yes", "/content/danger_grid/red"),
)
WRONG: tuple[tuple[str, object, str], ...] = (
    ("/report_id", "0D9F6C1E-5B1A-4A53-9A3E-7C0F5D2B8E41", "not-a-uuid"),
    ("/revision", 0, "out-of-range"),
    ("/revision", "1", "wrong-type"),
    ("/taken_at", "2026-11-23 10:42", "not-a-time"),
    ("/urgency", "soon", "not-in-list"),
    ("/test", 1, "wrong-type"),
    ("/content/origin", "somewhere", "not-in-list"),
    ("/content/penal", "yes", "wrong-type"),
    ("/content/officer", "M. Exemple", "bad-format"),
    ("/content/categories", [], "too-short"),
    ("/content/note", "x" * 501, "too-long"),
    ("/content/facts_at", "2026-11-23T10:42:01+01:00", "after-taken-at"),
    (f"{CONSENT}/collected_at", "2026-11-24T08:00:00Z", "after-taken-at"),
    (f"{PERSON}/birth_date", "1990-02-30", "not-a-date"),
    (f"{PERSON}/languages/0", "zz", "not-a-language"),
    (f"{PERSON}/address/insee_commune", "99123", "bad-format"),
    (f"{CONTACT}/channel", "phone", "no-safe-channel"),
    (f"{CONTACT}/value", "12345", "not-a-phone-number"),
    (f"{CONTACT}/value", "05 61 00 00 00", "not-a-mobile"),
    (f"{PERSON}/age_band", "11-14", "not-that-age"),
    (f"{CONTACT}/zone", "Europe/Toulouse", "unknown-zone"),
    (f"{CONTACT}/valid_until", "2026-11-22", "expired"),
    (f"{CONSENT}/until", "2026-11-22", "expired"),
    ("/content/minors/age_bands/0", "18-24", "not-a-minor"),
    ("/content/danger_grid/yes", 24, "out-of-range"),
    ("/content/danger_grid/red", 6, "out-of-range"),
    ("/content/danger_grid/yes", 1, "more-red-than-yes"),
    ("/content/partners_asked/0", "siao", "no-consent-for-partner"),
)
"""Where, what, and the fault that it makes."""
TOLD_ELSEWHERE = {("/content/danger_grid/yes", "more-red-than-yes"): "/content/danger_grid/red"}
MANY = (("/urgency", "soon", "not-in-list"), ("/content/origin", "somewhere", "not-in-list"))


def _another(concerned: bool) -> Json:
    consent = {"consent": {"contact_by_iscg": "given"}} if concerned else {}
    return {"concerned": concerned, "role": "relative", "age_band": "unknown"} | consent


def _sample(name: str, *changes: Change, outcome: str = "accepted") -> Sample:
    return Sample(name, base(*changes, of=name), outcome)


def _broken(name: str, pointer: str, code: str, *changes: Change) -> Sample:
    told_at = TOLD_ELSEWHERE.get((pointer, code), pointer)
    return Sample(name, base(*changes, of=name), "rejected", ((told_at, code),))


def _named(pointer: str) -> str:
    return pointer.removeprefix("/content").replace("/", "-")
