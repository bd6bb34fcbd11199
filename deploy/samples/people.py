"""Contents of reports. Every name is a canary's, every number one that is reserved for films (ARCEP, 06 39 98)."""

from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]

WHY = "Hospitalisée, hors d'état de répondre."
GROUND = "vital-emergency"


def a_consent(answer: str, partner: str | None = None) -> Json:
    """What the person said to contact by the ISCG, and to one kind of partner."""
    partners = {partner: "given"} if partner else {}
    why = WHY if answer == "not-asked" else None
    return {"contact_by_iscg": answer, "partners": partners, "how": "oral", "why": why}


def a_content(n: int, now: datetime, consent: Json, act: str = "plainte", ground: str | None = None) -> Json:
    """The content of the n-th report: one person concerned, a suspect as context, and what partner is asked for."""
    concerned: Json = {
        "concerned": True,
        "role": "victim",
        "age_band": "25-39",
        "sex": "F",
        "name": {"family": f"Canari-{n:03}", "given": "Fictive"},
        "languages": ["fr"],
        "contact": a_contact(n),
        "consent": consent,
        "needs": ["shelter", "rights"],
    }
    return {
        "act": {"kind": act} | ({} if act == "none" else {"reference": f"2026/{n:06}"}),
        "origin": "officer-after-complaint",
        "facts_at": (now - timedelta(days=1)).isoformat(timespec="seconds"),
        "officer": f"officer-{n % 7}",
        "categories": ["violence-in-couple"],
        "penal": act == "plainte",
        "persons": [concerned, {"concerned": False, "role": "suspect", "age_band": "40-59", "sex": "M"}],
        "danger_grid": {"version": "2019-11", "yes": n % 12, "red": 0},
        "legal_ground": ground,
        "partners_asked": list(consent["partners"]),
        "note": "Canari: un SMS d'abord, jamais d'appel.",
    }


def a_contact(n: int) -> Json:
    """How she can be reached without danger."""
    return {
        "channel": "sms",
        "value": f"+3363998{n % 10_000:04}",
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "from": "09:00",
        "to": "16:30",
        "zone": "Europe/Paris",
        "never_call": True,
        "no_voicemail": True,
    }
