"""What can be found, as a lawyer reads it and as a script does."""

from typing import NamedTuple


class Verdict(NamedTuple):
    """One way in which a check ends: exit status, code, and a sentence in each language."""

    status: int
    code: str
    fr: str
    en: str


HOLDS = Verdict(0, "holds", "Ce qui a été remis est exactement ce qui a été signé.", "This is what was signed.")
CHANGED = Verdict(
    10,
    "changed",
    "Ce qui a été remis n'est pas ce qui a été signé : quelqu'un l'a modifié.",
    "This is not what was signed: somebody has changed it.",
)
NOT_SIGNED = Verdict(
    11, "not-signed", "La signature n'est pas celle de la clé.", "The signature is not that of the key."
)
ROLLED_BACK = Verdict(
    12,
    "rolled-back",
    "Le journal est plus court qu'un état déjà vu : un état ancien a été remis en place.",
    "The log is shorter than a state that was seen before: an older one was put back.",
)
FORKED = Verdict(
    13,
    "forked",
    "Le journal a été signé avec un autre passé que celui déjà vu : la preuve en est dans les deux états signés.",
    "The log was signed with another past than the one seen before: both signed states are the evidence.",
)
INCOMPLETE = Verdict(14, "incomplete", "Il manque ce qui devrait y figurer.", "What should be there is missing.")
UNREADABLE = Verdict(15, "unreadable", "Ni paquet, ni preuve, ni journal.", "This is no bundle, proof or log.")


class Refused(Exception):
    """A check ended badly: which way, and where."""

    def __init__(self, verdict: Verdict, where: str) -> None:
        super().__init__(where)
        self.verdict, self.where = verdict, where
