"""What is wrong with a file, and where: by line, column and name, in French or in English, never what was given."""

import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

from pydantic import StringConstraints, ValidationError

from shared.contracts import forms, person

Place = tuple[str | int, ...]
MOST_SHOWN = 50


class Mark(NamedTuple):
    """A place in a file, from 1; `name` is that of its column, where it has one."""

    line: int
    column: int
    name: str | None = None

    def __str__(self) -> str:
        return either(f"line {self.line}, column {self.column}", f"ligne {self.line}, colonne {self.column}")


MarksOf = Callable[[], Mapping[Place, Mark]]
"""Where each part of a file stands, computed only where something is wrong."""


class UnusableFile(Exception):
    """The file can't be used; nothing of it was kept. What is wrong, and where:"""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"{self.__doc__} {'; '.join(faults)}")
        self.faults = list(faults)


def either(english: str, french: str) -> str:
    """The sentence in the language of whoever runs the command (LC_ALL, LC_MESSAGES, LANG), else in English."""
    language = next((told for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (told := os.environ.get(name))), "")
    return french if language.startswith("fr") else english


def shown(faults: Sequence[str]) -> list[str]:
    """The first of many faults, and how many there are besides."""
    if (more := len(faults) - MOST_SHOWN) <= 0:
        return list(faults)
    return [*faults[:MOST_SHOWN], either(f"… and {more} more", f"… et {more} de plus")]


def faults_of(
    error: ValidationError, marks: Mapping[Place, Mark], names: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """A sentence for each fault that validation has found. `names`: members that a file calls otherwise."""
    found = error.errors(include_url=False, include_input=False)
    return [
        told(each["loc"], _sentence(each["type"], each["msg"], each.get("ctx", {})), marks, names) for each in found
    ]


def told(place: Place, what: str, marks: Mapping[Place, Mark], names: Mapping[str, str] = MappingProxyType({})) -> str:
    """A fault with its place: the innermost one that is known of a file, and the member's name."""
    known = next((marks[place[:n]] for n in range(len(place), -1, -1) if place[:n] in marks), None)
    name = (known and known.name) or "/" + "/".join(names.get(str(part), str(part)) for part in place)
    return f"{known}: {name}: {what}" if known else f"{name}: {what}"


TEXT = ("must be text; in YAML write it between quotes", "doit être du texte ; en YAML, à écrire entre guillemets")
NUMBER = ("must be a whole number", "doit être un nombre entier")
LIST = ("must be a list", "doit être une liste")
MAPPING = ("must be a mapping of names to values", "doit être un ensemble de champs (nom : valeur)")
YES_NO = ("must be true or false", "doit être true ou false")
DATE = ("must be a day such as 2026-12-31", "doit être un jour, par exemple 2026-12-31")
SUBJECT = (
    "must be the subject with which somebody signs in, as text between quotes",
    "doit être l'identifiant de connexion de la personne, en texte entre guillemets",
)
CHOICE = ("must be one of {expected}", "doit être une de ces valeurs : {expected}")

SENTENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "missing": ("is missing", "manque"),
        "extra_forbidden": ("is not known here: leave it out", "n'est pas connu ici : à retirer"),
        "enum": CHOICE,
        "literal_error": CHOICE,
        "string_type": TEXT,
        "wrong-type": TEXT,
        "int_type": NUMBER,
        "int_parsing": NUMBER,
        "int_from_float": NUMBER,
        "bool_type": YES_NO,
        "bool_parsing": YES_NO,
        "list_type": LIST,
        "tuple_type": LIST,
        "frozen_set_type": LIST,
        "dict_type": MAPPING,
        "model_type": MAPPING,
        "model_attributes_type": MAPPING,
        "uuid_type": SUBJECT,
        "uuid_parsing": SUBJECT,
        "not-a-date": DATE,
        "date_type": DATE,
        "date_parsing": DATE,
        "date_from_datetime_parsing": DATE,
        "greater_than_equal": ("must be {ge} or more", "doit être au moins {ge}"),
        "less_than_equal": ("must be {le} or less", "doit être au plus {le}"),
        "too_short": ("must have at least {min_length}", "doit en avoir au moins {min_length}"),
        "too_long": ("must have at most {max_length}", "doit en avoir au plus {max_length}"),
        "too-long": (f"must have at most {forms.LONGEST_LIST}", f"doit en avoir au plus {forms.LONGEST_LIST}"),
        "string_too_short": ("is too short: {min_length} characters or more", "est trop court : {min_length} au moins"),
        "string_too_long": ("is too long: {max_length} characters or less", "est trop long : {max_length} au plus"),
        "unknown-zone": ("is no time zone, such as Europe/Paris", "n'est pas un fuseau horaire, comme Europe/Paris"),
    }
)
"""For each kind of fault of Pydantic and of our contracts, in English and in French."""

EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        constraints.pattern: example
        for form, example in (
            (forms.Departement, "31, 2A, 974"),
            (forms.HourMinute, "09:00"),
            (forms.IntegratorCode, "police"),
            (forms.StationCode, "PN-31-0001"),
            (forms.OpaqueCode, "post-31-1"),
            (forms.KeyId, "2026-11"),
            (person.InseeCommune, "31555"),
        )
        for constraints in get_args(form)
        if isinstance(constraints, StringConstraints) and isinstance(constraints.pattern, str)
    }
)
"""How what has a form of its own is written, by its pattern."""


def _sentence(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        example = EXAMPLES.get(pattern, pattern)
        return either(f"must be written like {example}", f"doit s'écrire comme {example}")
    if kind in SENTENCES:
        return either(*SENTENCES[kind]).format(**context)
    return str(context.get("error", message))
