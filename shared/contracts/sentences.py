"""What is wrong with an event, in French and English sentences: a vendor's log is read by people of both.

A test holds the English ones against the table that vendors read.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.vocabulary import FaultCode

ENGLISH: Mapping[str, str] = {
    "missing": "a required member is absent",
    "unknown-member": "this object has a member that the contract does not know",
    "wrong-type": "another JSON type is expected; a text is no number, `null` only where it may stand",
    "not-in-list": "the code is not in the closed list",
    "not-a-uuid": "a UUID is expected, lower case, with hyphens",
    "not-a-time": "RFC 3339 with seconds and offset is expected",
    "not-a-date": "`YYYY-MM-DD` is expected",
    "unknown-zone": "no such IANA time zone",
    "bad-format": "the text has not the form that the schema gives",
    "too-short": "the text or list is too short",
    "too-long": "the text or list is too long",
    "out-of-range": "the number is too small or too large",
    "not-json": "at `/content`: the JWE opened, and what is inside is no JSON",
    "too-deep": "at `/content`: the JWE opened, and what is inside nests deeper than 32 levels",
    "repeated-member": "at `/content`: the JWE opened, and inside it a member stands twice in one object",
    "not-one-concerned": "not exactly one person is the one concerned",
    "only-concerned-person": "only the person concerned may have this member",
    "why-required": "consent was not asked: say why",
    "age-bands-required": "minors are counted: give their age bands",
    "not-a-minor": "this age band is an adult's",
    "more-red-than-yes": "more red answers than yes answers",
    "not-that-age": "age band and birth date say different things: correct whichever is wrong",
    "after-taken-at": "this time lies after `taken_at`",
    "hours-incomplete": "one end of the safe hours is missing",
    "not-a-phone-number": "no telephone number: give one number, digits and punctuation only, none masked or missing",
    "not-a-mobile": "no text can be sent to this number (a fixed or special line): give a mobile, or use `phone`",
    "not-an-email": "this is no e-mail address",
    "not-a-language": "no such language: a tag of BCP 47 is expected, such as `fr` or `prs`",
    "no-safe-channel": "she must never be called, and her channel is `phone`",
    "expired": "it ended before the day on which the report was taken",
    "contact-of-other-role": "a related report gives this contact for somebody in another role",
    "no-consent-for-partner": "neither consent nor a legal ground lets this partner be asked",
    "more-faults": "there are more than 100 faults; the others are not named",
    "invalid": "does not keep the contract in some other way",
}
OF_ATTRIBUTES: Mapping[str, tuple[str, str]] = {
    "missing": ("Attribut CloudEvents manquant", "this CloudEvents attribute is absent"),
    "wrong-type": ("Attribut CloudEvents donné deux fois, ou qui n'est pas un texte", "one text is expected here"),
    "unknown-type": ("Type d'événement inconnu à cette porte", "no event of this type is taken here"),
    "unknown-version": ("Version inconnue", "this version is not known"),
    "unsupported-media-type": ("Les données doivent être du JSON", "the data must be JSON"),
}
"""By code: French, English."""


def explained(faults: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Each fault with its two sentences."""
    return [{**fault, **_sentences(fault)} for fault in faults]


def _sentences(fault: Mapping[str, str]) -> dict[str, str]:
    code = fault["code"]
    if "attribute" in fault:
        french, english = OF_ATTRIBUTES[code]
        return {"fr": french, "en": english}
    return {"fr": FaultCode(code).label, "en": ENGLISH.get(code, ENGLISH[FaultCode.INVALID])}
