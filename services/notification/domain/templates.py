"""What notices say: a reference, an urgency, a link, and never a word about the person."""

from collections.abc import Mapping
from string import Template as Text
from types import MappingProxyType

from shared.contracts.fields import Block
from shared.contracts.vocabulary import Urgency

FRENCH, ENGLISH = "fr", "en"


class Words(Block):
    """A notice as its recipient reads it."""

    subject: str
    body: str


class Template(Block):
    """Modèle d'avis: one text a language. A text that was ever sent is never changed: it gets a new version."""

    name: str
    version: int
    subjects: Mapping[str, str]
    bodies: Mapping[str, str]


def _body(greeting: str, *lines: str, farewell: str) -> str:
    return "\n\n".join((greeting, *lines, farewell)) + "\n"


def _french(*lines: str) -> str:
    farewell = "Ce message ne dit rien de la personne, c'est voulu. Merci de ne pas y répondre."
    return _body("Bonjour,", *lines, farewell=farewell)


def _english(*lines: str) -> str:
    farewell = "This message says nothing about the person, on purpose. Please do not answer it."
    return _body("Hello,", *lines, farewell=farewell)


WITH_URGENCY = {
    FRENCH: "Référence : $reference\nUrgence : $urgency",
    ENGLISH: "Reference: $reference\nUrgency: $urgency",
}
WITHOUT_URGENCY = {FRENCH: "Référence : $reference", ENGLISH: "Reference: $reference"}

ISCG_ASSIGNED = Template(
    name="iscg-assigned",
    version=1,
    subjects={
        FRENCH: "Relais : une saisine vous est attribuée ($reference, $urgency)",
        ENGLISH: "Relais: a case is assigned to you ($reference, $urgency)",
    },
    bodies={
        FRENCH: _french("Une saisine vous est attribuée.", WITH_URGENCY[FRENCH], "La prendre en charge : $link"),
        ENGLISH: _english("A case is assigned to you.", WITH_URGENCY[ENGLISH], "Take it in charge: $link"),
    },
)
CASE_ESCALATED = Template(
    name="case-escalated",
    version=1,
    subjects={
        FRENCH: "Relais : une saisine attend votre décision ($reference, $urgency)",
        ENGLISH: "Relais: a case awaits your decision ($reference, $urgency)",
    },
    bodies={
        FRENCH: _french("Une saisine attend votre décision.", WITH_URGENCY[FRENCH], "La consulter : $link"),
        ENGLISH: _english("A case awaits your decision.", WITH_URGENCY[ENGLISH], "See it: $link"),
    },
)
ON_CALL_ESCALATED = Template(
    name="on-call-escalated",
    version=1,
    subjects={
        FRENCH: "Relais : astreinte, une saisine attend ($reference, $urgency)",
        ENGLISH: "Relais: on call, a case is waiting ($reference, $urgency)",
    },
    bodies={
        FRENCH: _french("Vous êtes d'astreinte : une saisine attend.", WITH_URGENCY[FRENCH], "La consulter : $link"),
        ENGLISH: _english("You are on call: a case is waiting.", WITH_URGENCY[ENGLISH], "See it: $link"),
    },
)
PARTNER_REFERRED = Template(
    name="partner-referred",
    version=1,
    subjects={
        FRENCH: "Relais : une orientation vous est adressée ($reference)",
        ENGLISH: "Relais: a case is referred to you ($reference)",
    },
    bodies={
        FRENCH: _french("Une orientation vous est adressée.", WITHOUT_URGENCY[FRENCH], "Y répondre : $link"),
        ENGLISH: _english("A case is referred to you.", WITHOUT_URGENCY[ENGLISH], "Answer it: $link"),
    },
)

DEADLINE_NEARED = Template(
    name="deadline-neared",
    version=1,
    subjects={
        FRENCH: "Relais : une échéance approche ($reference)",
        ENGLISH: "Relais: a deadline comes near ($reference)",
    },
    bodies={
        FRENCH: _french("La moitié du délai est passée.", WITHOUT_URGENCY[FRENCH], "Consulter la saisine : $link"),
        ENGLISH: _english("Half of the time is over.", WITHOUT_URGENCY[ENGLISH], "See the case: $link"),
    },
)
DEADLINE_MISSED = Template(
    name="deadline-missed",
    version=1,
    subjects={
        FRENCH: "Relais : une échéance est dépassée ($reference)",
        ENGLISH: "Relais: a deadline is missed ($reference)",
    },
    bodies={
        FRENCH: _french("Une échéance est dépassée.", WITHOUT_URGENCY[FRENCH], "Consulter la saisine : $link"),
        ENGLISH: _english("A deadline is missed.", WITHOUT_URGENCY[ENGLISH], "See the case: $link"),
    },
)
CASE_CORRECTED = Template(
    name="case-corrected",
    version=1,
    subjects={
        FRENCH: "Relais : une fiche a été corrigée ($reference)",
        ENGLISH: "Relais: a report has been corrected ($reference)",
    },
    bodies={
        FRENCH: _french(
            "L'unité a corrigé la fiche. Comparez avec ce que vous avez noté.", WITHOUT_URGENCY[FRENCH], "$link"
        ),
        ENGLISH: _english(
            "The station has corrected its report. Compare it with what you noted.", WITHOUT_URGENCY[ENGLISH], "$link"
        ),
    },
)
LATE_DIGEST = Template(
    name="late-digest",
    version=1,
    subjects={
        FRENCH: "Relais : récapitulatif après une interruption ($count)",
        ENGLISH: "Relais: digest after an outage ($count)",
    },
    bodies={
        FRENCH: _french(
            "Le système s'est arrêté un moment. Des échéances de ces saisines ont passé entre-temps ($count) :",
            "$reference",
            "Les consulter : $link",
        ),
        ENGLISH: _english(
            "The system was away for a while. Deadlines of these cases have passed meanwhile ($count):",
            "$reference",
            "See them: $link",
        ),
    },
)
CASE_MERGED = Template(
    name="case-merged",
    version=1,
    subjects={
        FRENCH: "Relais : deux saisines n'en font plus qu'une ($reference)",
        ENGLISH: "Relais: two cases have become one ($reference)",
    },
    bodies={
        FRENCH: _french("Une saisine était le doublon d'une autre.", WITHOUT_URGENCY[FRENCH], "La consulter : $link"),
        ENGLISH: _english("A case was a duplicate of another one.", WITHOUT_URGENCY[ENGLISH], "See it: $link"),
    },
)
CASE_PARTED = Template(
    name="case-parted",
    version=1,
    subjects={
        FRENCH: "Relais : deux saisines sont de nouveau distinctes ($reference)",
        ENGLISH: "Relais: two cases are apart again ($reference)",
    },
    bodies={
        FRENCH: _french("Une saisine n'était pas le doublon de la vôtre.", WITHOUT_URGENCY[FRENCH], "$link"),
        ENGLISH: _english("A case was no duplicate of yours.", WITHOUT_URGENCY[ENGLISH], "$link"),
    },
)
CASE_ENDED = Template(
    name="case-ended",
    version=1,
    subjects={
        FRENCH: "Relais : une saisine a pris fin ($reference)",
        ENGLISH: "Relais: a case has ended ($reference)",
    },
    bodies={
        FRENCH: _french("Une saisine qui vous était attribuée a pris fin.", WITHOUT_URGENCY[FRENCH], "$link"),
        ENGLISH: _english("A case that was assigned to you has ended.", WITHOUT_URGENCY[ENGLISH], "$link"),
    },
)

PARTNER_ANSWERED = Template(
    name="partner-answered",
    version=1,
    subjects={
        FRENCH: "Relais : un partenaire a répondu ($reference)",
        ENGLISH: "Relais: a partner has answered ($reference)",
    },
    bodies={
        FRENCH: _french("Un partenaire a répondu.", WITHOUT_URGENCY[FRENCH], "Lire la réponse : $link"),
        ENGLISH: _english("A partner has answered.", WITHOUT_URGENCY[ENGLISH], "Read the answer: $link"),
    },
)
PARTNER_LINK = Template(
    name="partner-link",
    version=1,
    subjects={
        FRENCH: "Relais : un nouveau lien pour une orientation ($reference)",
        ENGLISH: "Relais: a new link for a referral ($reference)",
    },
    bodies={
        FRENCH: _french("Les liens précédents ne mènent plus à rien.", WITHOUT_URGENCY[FRENCH], "Le nouveau : $link"),
        ENGLISH: _english("Earlier links lead nowhere any more.", WITHOUT_URGENCY[ENGLISH], "The new one: $link"),
    },
)
PARTNER_CODE = Template(
    name="partner-code",
    version=1,
    subjects={FRENCH: "Relais : code", ENGLISH: "Relais: code"},
    bodies={
        FRENCH: "Relais : votre code est $code. Il sert une fois, 15 minutes. Orientation $reference.\n",
        ENGLISH: "Relais: your code is $code. It works once, for 15 minutes. Referral $reference.\n",
    },
)
REFERRAL_EXPIRED = Template(
    name="referral-expired",
    version=1,
    subjects={
        FRENCH: "Relais : un partenaire n'a pas répondu ($reference)",
        ENGLISH: "Relais: a partner has not answered ($reference)",
    },
    bodies={
        FRENCH: _french("Un partenaire n'a pas répondu à temps.", WITHOUT_URGENCY[FRENCH], "La saisine : $link"),
        ENGLISH: _english("A partner has not answered in time.", WITHOUT_URGENCY[ENGLISH], "The case: $link"),
    },
)
REFERRAL_CANCELLED = Template(
    name="referral-cancelled",
    version=1,
    subjects={
        FRENCH: "Relais : une orientation est annulée ($reference)",
        ENGLISH: "Relais: a referral is cancelled ($reference)",
    },
    bodies={
        FRENCH: _french("Une orientation est annulée : rien n'est plus attendu.", WITHOUT_URGENCY[FRENCH], "$link"),
        ENGLISH: _english("A referral is cancelled: nothing is awaited any more.", WITHOUT_URGENCY[ENGLISH], "$link"),
    },
)

GLASS_BROKEN = Template(
    name="glass-broken",
    version=1,
    subjects={
        FRENCH: "Relais : accès d'urgence à une saisine ($reference)",
        ENGLISH: "Relais: emergency access to a case ($reference)",
    },
    bodies={
        FRENCH: _french(
            "Une autre ISCG s'est donné accès à une saisine.", WITHOUT_URGENCY[FRENCH], "La saisine : $link"
        ),
        ENGLISH: _english("Another ISCG has given herself access to a case.", WITHOUT_URGENCY[ENGLISH], "It: $link"),
    },
)

ALL = (
    GLASS_BROKEN,
    *(PARTNER_LINK, PARTNER_CODE),
    *(PARTNER_ANSWERED, REFERRAL_EXPIRED, REFERRAL_CANCELLED),
    *(ISCG_ASSIGNED, CASE_ESCALATED, ON_CALL_ESCALATED, PARTNER_REFERRED),
    *(DEADLINE_NEARED, DEADLINE_MISSED, CASE_CORRECTED, LATE_DIGEST, CASE_MERGED, CASE_PARTED, CASE_ENDED),
)
TEMPLATES: Mapping[tuple[str, int], Template] = MappingProxyType({(each.name, each.version): each for each in ALL})
"""Every text that a notice which is still owed may need, by name and version."""

URGENCY_IN_ENGLISH = {Urgency.IMMEDIATE: "immediate", Urgency.URGENT: "urgent", Urgency.STANDARD: "standard"}


TEST_SUBJECT = {FRENCH: "[ESSAI]", ENGLISH: "[TEST]"}
TEST_BODY = {FRENCH: "CECI EST UN ESSAI : personne n'attend.", ENGLISH: "THIS IS A TEST: nobody is waiting."}


def marked_as_test(words: Words, language: str) -> Words:
    """The same for a case that was reported as a test: whoever reads it knows that at the first glance."""
    spoken = _spoken(language)
    return Words(subject=f"{TEST_SUBJECT[spoken]} {words.subject}", body=f"{TEST_BODY[spoken]}\n\n{words.body}")


def render(template: Template, language: str, reference: str, urgency: Urgency | None, link: str, **more: str) -> Words:
    """The words of a notice, in French unless its recipient reads English. What is put in is never read as a text."""
    spoken = _spoken(language)
    known = {"reference": reference, "link": link, **more}
    if urgency:
        known["urgency"] = URGENCY_IN_ENGLISH[urgency] if spoken == ENGLISH else urgency.label.lower()
    subject, body = (Text(texts[spoken]).substitute(known) for texts in (template.subjects, template.bodies))
    return Words(subject=subject, body=body)


def _spoken(language: str) -> str:
    return ENGLISH if language.split("-", maxsplit=1)[0] == ENGLISH else FRENCH
