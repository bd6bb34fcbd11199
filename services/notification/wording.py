"""Writes out what a template says: plain text, and the same as a simple page for mail programs."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError

from services.notification.domain.templates import ENGLISH, FRENCH, Words, spoken
from services.notification.domain.templates import Template as Named
from shared.contracts.vocabulary import Urgency

FOLDER = Path(__file__).parent / "templates"
TEXTS = Environment(
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 # plain text; the page below escapes
)
PAGES = TEXTS.overlay(autoescape=True)

URGENCY_IN_ENGLISH = {Urgency.IMMEDIATE: "immediate", Urgency.URGENT: "urgent", Urgency.STANDARD: "standard"}
TEST_SUBJECT = {FRENCH: "[ESSAI]", ENGLISH: "[TEST]"}
TEST_BODY = {FRENCH: "CECI EST UN ESSAI : personne n'attend.", ENGLISH: "THIS IS A TEST: nobody is waiting."}


class Unwritable(Exception):
    """A template that is not there, or that asks for what the notice does not have: an operator must mend it."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def render(named: Named, language: str, said: Mapping[str, str], urgency: Urgency | None = None) -> Words:
    """The words of a notice, in French unless its recipient reads English. What is put in is never read as a template.

    Raises `Unwritable`.
    """
    lang = spoken(language)
    known = dict(said)
    if urgency:
        known["urgency"] = URGENCY_IN_ENGLISH[urgency] if lang == ENGLISH else urgency.label.lower()
    try:
        text = _text(lang, named.name, named.version)
        subject = "".join(text.blocks["subject"](text.new_context(known)))
        return Words(subject=subject, body=text.render(known))
    except (TemplateError, KeyError):
        raise Unwritable from None


def marked_as_test(words: Words, language: str) -> Words:
    """The same for a case that was reported as a test: whoever reads it knows that at the first glance."""
    lang = spoken(language)
    return Words(subject=f"{TEST_SUBJECT[lang]} {words.subject}", body=f"{TEST_BODY[lang]}\n\n{words.body}")


def as_page(words: Words, language: str) -> str:
    """The same words as a page: paragraphs, and links that can be followed."""
    paragraphs = words.body.strip().split("\n\n")
    return _page().render(language=spoken(language), subject=words.subject, paragraphs=paragraphs)


@cache
def _text(language: str, name: str, version: int) -> Template:
    return TEXTS.get_template(f"{language}/{name}.v{version}.jinja")


@cache
def _page() -> Template:
    return PAGES.get_template("mail.html.jinja")
