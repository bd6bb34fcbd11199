"""Shows what notices say before anybody gets one: every text, filled in with an invented case."""

from typing import NamedTuple

from services.notification.domain.templates import ALL, LANGUAGES, Template
from services.notification.wording import as_page, render
from shared.contracts.vocabulary import Urgency

SAMPLE = {
    "reference": "7K3Q-M9TX",
    "link": "https://relais.example/v1/cases/3f2c1b4e-0000-8000-8000-000000000000",
    "code": "48151623",
    "count": "12",
}


class Preview(NamedTuple):
    """A template as its reader would see it, in one language."""

    name: str
    version: int
    language: str
    subject: str
    body: str
    page: str


def previews(name: str | None = None, language: str | None = None) -> list[Preview]:
    """Every text, or those of one template, filled in with an invented case."""
    wanted = [each for each in ALL if name in (None, each.name)]
    return [_preview(each, spoken) for each in wanted for spoken in LANGUAGES if language in (None, spoken)]


def _preview(template: Template, language: str) -> Preview:
    words = render(template, language, SAMPLE, Urgency.URGENT)
    return Preview(*(template.name, template.version, language), words.subject, words.body, as_page(words, language))
