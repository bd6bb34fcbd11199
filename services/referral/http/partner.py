"""The pages of a partner without an account: its link, its code, what it may know, its one answer. In HTML, in French.

The link's token stands in the fragment, which no browser sends: mail scanners that open links get an empty form. All
that follows is sent in forms' bodies, so that nothing of it stands in an address, a history or a proxy's log.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import partial, wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError

from services.referral.acts.once import StaleVersion
from services.referral.disclosing import Disclosed, Disclosures
from services.referral.domain.access import TooOften
from services.referral.domain.referrals import ANSWERS, UNANSWERED
from services.referral.domain.states import ForbiddenStep
from shared.contracts.blocks import Answered
from shared.contracts.vocabulary import PartnerAnswer
from shared.vault.links import Link, NoSuchLink
from shared.web.away import refusals
from shared.web.pages import STYLE, html, static
from shared.web.problems import Problem

PAGES = Path(__file__).parents[1] / "pages" / "partner"
MOST_FIELDS = 8
REFERENCE = re.compile(r"[A-Za-z0-9_-]{40,120}")
"""Base64url, about as long as a link's is: what is shorter was not copied whole."""
FORM = "application/x-www-form-urlencoded"

DEAD = (
    "Ce lien n’est plus valable : une réponse a été donnée, l’orientation est annulée, le dossier est effacé, "
    "ou un autre lien a été envoyé."
)
NO_REFERENCE = (
    "Cette référence est incomplète. Copiez l’adresse entière du lien reçu, ou tout ce qui y suit le signe #."
)
WRONG_CODE = "Ce code n’ouvre rien : il est faux, a déjà servi, ou date de plus de 10 minutes. Demandez-en un autre."
TOO_OFTEN = "Trop de codes ont été demandés : le prochain peut l’être dans une heure."
NO_ANSWER = (
    "Choisissez une réponse ; le motif, s’il y en a un, compte 3 à 200 signes ; une date va avec un rendez-vous fixé."
)
OVER = "Le temps pour répondre est passé : ouvrez de nouveau le lien reçu et demandez un code."
AWAY = "Relais ne répond pas pour le moment : rien n’est perdu, réessayez dans quelques minutes."
TOLD = "Votre réponse est transmise à l’intervenante sociale."

Form = Mapping[str, str]
Answer = Callable[[Request], Awaitable[Response]]
Page = Callable[..., Response]


def partner_pages(disclosures: Disclosures, *, is_trial: bool = False) -> APIRouter:
    """The pages, and what they need. They are no part of the API, and nobody signs in."""
    router, links = APIRouter(prefix="/partner", include_in_schema=False), disclosures.links
    page = _pages(is_trial=is_trial)
    said_in_html = partial(_said_in_html, page)

    @router.get("")
    async def read_page() -> Response:
        """Show the form for a link: nothing is known yet, and nothing is told."""
        return page("link.html")

    @router.get("/page.css")
    async def read_style() -> Response:
        """The pages' style."""
        return static(STYLE, "text/css")

    @router.get("/page.js")
    async def read_script() -> Response:
        """What puts the fragment into the form."""
        return static(PAGES / "page.js", "text/javascript")

    @router.post("/code")
    @said_in_html
    async def ask_code(request: Request) -> Response:
        """Send a code by another channel than the link came."""
        token = _reference(await _form(request))
        if not token:
            return page("link.html", 422, error=NO_REFERENCE)
        await disclosures.ask_code(links.read(token))
        return page("code.html", link=token)

    @router.post("/opening")
    @said_in_html
    async def open_referral(request: Request) -> Response:
        """Show what its partner may know, once the code is given."""
        form = await _form(request)
        token, code = _reference(form), "".join(form.get("code", "").split())
        link = links.read(token)
        if not await disclosures.is_code(link, code):
            return page("code.html", 422, link=token, error=WRONG_CODE)
        return await _opened(page, disclosures, link)

    @router.post("/answer")
    @said_in_html
    async def take_answer(request: Request) -> Response:
        """Take the one answer; whoever accepts sees whom it is about."""
        form = await _form(request)
        session = form.get("session", "")
        try:
            link = disclosures.read_session(session)
        except NoSuchLink:
            return page("end.html", 410, heading="Trop tard", sentence=OVER)
        answered = _answered(form)
        if answered is None:
            return _referral(page, await disclosures.show_by_link(link), session, NO_ANSWER)
        following = await disclosures.answer(link, answered)
        if following is None or answered.answer not in (PartnerAnswer.ACCEPTED, PartnerAnswer.SCHEDULED):
            return page("end.html", heading="Merci", sentence=TOLD)
        return await _opened(page, disclosures, following)

    return router


async def _opened(page: Page, disclosures: Disclosures, link: Link) -> Response:
    """What a link leads to, for whoever has given its code."""
    return _referral(page, await disclosures.show_by_link(link), disclosures.session(link))


def _answered(form: Form) -> Answered | None:
    reason, day = form.get("reason", "").strip() or None, form.get("appointment_on", "").strip() or None
    try:
        on = date.fromisoformat(day) if day else None
        return Answered(answer=PartnerAnswer(form.get("answer", "")), reason=reason, appointment_on=on)
    except (ValueError, ValidationError):
        return None


def _referral(page: Page, shown: Disclosed, session: str, error: str | None = None) -> Response:
    state = shown.referral.state
    answers = [each for each in ANSWERS[state] if each is not PartnerAnswer.SEEN]
    asked = {"answers": answers, "session": session, "error": error}
    shown_of_it = {"named": state not in UNANSWERED, "told": shown.told, "is_test": shown.is_test}
    return page("referral.html", 422 if error else 200, None, **asked, **shown_of_it)


def _said_in_html(page: Page, answer: Answer) -> Answer:
    """Whatever is refused is said on a page, to a person."""

    @wraps(answer)
    async def said(request: Request) -> Response:
        try:
            with refusals():
                return await answer(request)
        except (NoSuchLink, ForbiddenStep):
            return page("link.html", 410, error=DEAD)
        except TooOften:
            return page("link.html", 429, {"Retry-After": "3600"}, error=TOO_OFTEN)
        except (Problem, StaleVersion) as refused:
            if isinstance(refused, Problem) and refused.kind.status == HTTPStatus.GONE:
                return page("link.html", 410, error=DEAD)
            return page("link.html", 503, {"Retry-After": "5"}, error=AWAY)

    return said


def _reference(form: Form) -> str:
    """What stands after the # of a link, also where somebody has pasted all of it, or it was folded; else nothing."""
    reference = "".join(form.get("link", "").rpartition("#")[2].split()).strip("<>\"'.,;")
    return reference if REFERENCE.fullmatch(reference) else ""


async def _form(request: Request) -> Form:
    """The fields of a form. Whatever is no form has no fields."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return {}
    try:
        return dict(parse_qsl((await request.body()).decode(), max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def _pages(*, is_trial: bool) -> Page:
    """What makes a page of a template; each says where this is a trial only."""
    pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    def page(name: str, status: int = 200, headers: Mapping[str, str] | None = None, **members: Any) -> Response:
        told = {"error": None, "is_test": False, "is_trial": is_trial} | members
        return html(pages.get_template(name).render(told), status, headers)

    return page
