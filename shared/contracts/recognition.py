"""By what a person is told again: spellings that people vary are brought to one, and nothing more is guessed.

Of a name: without accents, capitals, hyphens, apostrophes and particles; each name of a married person (`née`,
`épouse`) and each half of a double name stands for itself, but not what many names begin with (`Ben`, `Saint`, `N'`),
nor what is written where a name is not known (`inconnue`, `SNP`, an initial).
Only with the first given name and the day of birth.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import dropwhile

from shared.contracts.person import Person
from shared.contracts.phones import plan_of_zone, read_phone
from shared.contracts.reachable import BY_PHONE, email_address
from shared.contracts.vocabulary import ContactChannel

OF = frozenset(("d", "de", "del", "des", "di", "du", "von", "van"))
ARTICLES = frozenset(("da", "den", "der", "dos", "el", "al", "l", "la", "las", "le", "les", "los", "ten", "ter"))
"""Left out: some write them, some do not."""
MARRIED = frozenset(
    (
        *("ne", "nee", "ep", "epx", "epse", "epoux", "epouse", "veuf", "veuve", "vve", "div", "divorce", "divorcee"),
        *("usage", "nom", "naissance", "dit", "dite", "alias", "se", "disant", "marital", "jeune", "fille"),
        *("mr", "monsieur", "mme", "madame", "mlle", "mademoiselle"),
    )
)
"""Between these stand names of which each is hers."""
UNKNOWN = frozenset(
    ("inconnu", "inconnue", "anonyme", "snp", "xx", "xxx", "nr", "nc", "non", "renseigne", "renseignee", "communique")
)
"""Written where nobody knows a name (`SNP`: sans nom patronymique): many people would share it."""
BEGINNINGS = frozenset(
    (
        *("abd", "abdel", "abdoul", "abdul", "abou", "abu", "ait", "ben", "bin", "bint", "bou", "fitz", "ibn"),
        *("mac", "mc", "ould", "oulad", "saint", "sainte", "san", "santa", "sao", "st", "ste"),
    )
)
"""Words with which many names begin, as do single letters (`N'Diaye`): a name only with what follows."""
WORD = re.compile(r"[^\W_]+")
LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ʻ": "", "ʼ": ""})
"""Ligatures spelt out; the glottal stops of Oceania, which some write and some do not, left out."""


def words(text: str) -> list[str]:
    """The words of a name, in one spelling."""
    split = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return WORD.findall("".join(letter for letter in split if not unicodedata.combining(letter)))


def names(family: str) -> set[str]:
    """Every name by which she may be known: `de La Tour-Petit, née Béranger` is three names and one of two halves."""
    found = set[str]()
    for part in map(_joined, _parts([word for word in words(family) if word not in UNKNOWN])):
        # `Latour` is `de La Tour` too: the article has grown into the name.
        after = list(dropwhile(OF.__contains__, part)) or part
        kept = [word for word in after if word not in OF | ARTICLES] or after
        found |= {"".join(after), "".join(kept), *kept}
    return {name for name in found if len(name) > 1 or not name.isascii()} - {""}


def _joined(part: list[str]) -> list[str]:
    """The words of a name, those that only begin one joined with what follows; at the end, with what stands before."""
    found: list[str] = []
    begun = ""
    for word in part:
        is_particle = word in OF | ARTICLES
        if word in BEGINNINGS or (bool(begun) if is_particle else len(word) == 1):
            begun += word
        else:
            found, begun = [*found, begun + word], ""
    if begun:
        found[-1:] = ["".join(found[-1:]) + begun]
    return found


def name_keys(person: Person) -> list[str]:
    """Names with first given name and day of birth; none where one of them is not known."""
    given = words(person.name.given or "") if person.name else []
    if not person.name or not given or person.birth_date is None:
        return []
    return sorted(f"{name} {given[0]} {_day(person.birth_date)}" for name in names(person.name.family))


def phone_key(person: Person) -> str | None:
    """Her number in E.164."""
    contact = person.contact
    is_number = contact is not None and contact.channel in BY_PHONE
    phone = read_phone(contact.value, plan_of_zone(contact.zone)) if contact and is_number else None
    return phone.e164 if phone else None


def email_key(person: Person) -> str | None:
    """Her address; of its two sides neither is told by capitals in practice."""
    contact = person.contact
    is_mail = contact is not None and contact.channel is ContactChannel.EMAIL
    address = email_address(contact.value) if contact and is_mail else None
    return address.casefold() if address else None


def _parts(of: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in of:
        if word in MARRIED:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _day(day: date) -> str:
    return day.isoformat()
