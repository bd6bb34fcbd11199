"""A roster and a registry like a country's, as files that `relais samples load` reads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.samples.desk import INTEGRATORS
from tests.bench.country import DEPARTEMENTS
from tests.referral.builders import PARIS

Json = dict[str, Any]
POSTS, STATIONS, PARTNERS = 600, 1_200, ("cidff", "siao")
"""Posts and stations in all, and the partners of each département: 188 of them."""
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORCES = {"PN": "police", "GN": "gendarmerie"}


def write_country(folder: Path) -> Path:
    """Write both files. Each post covers all stations of its département, so each station has about six posts."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "registry.json").write_text(json.dumps(_registry()))
    (folder / "roster.json").write_text(json.dumps(_roster()))
    return folder


def stations() -> list[tuple[str, str]]:
    """Each station with its département."""
    places = [DEPARTEMENTS[n % len(DEPARTEMENTS)] for n in range(STATIONS)]
    return [(f"{('PN', 'GN')[n % 2]}-{code}-{n:04}", code) for n, code in enumerate(places)]


def _registry() -> Json:
    known = stations()
    of_each = {each: [code for code, _ in known if INTEGRATORS[code[:2]] == each] for each in INTEGRATORS.values()}
    members = [
        {"code": code, "force": FORCES[code[:2]], "departement": there, "commune": f"{there}001", "zone": PARIS}
        for code, there in known
    ]
    return {"integrators": [{"code": each, "stations": own} for each, own in of_each.items()], "stations": members}


def _roster() -> Json:
    return {
        "posts": list(_posts()),
        "coordinators": [_coordinator(code) for code in DEPARTEMENTS],
        "partners": [_partner(code, type_) for code in DEPARTEMENTS for type_ in PARTNERS],
    }


def _posts() -> Iterator[Json]:
    by_departement = {each: [code for code, there in stations() if there == each] for each in DEPARTEMENTS}
    # Around the clock: what is measured must not depend on the hour at which it is measured.
    hours = [{"day": day, "from": "00:00", "to": "23:59"} for day in WEEK]
    for n in range(POSTS):
        there = DEPARTEMENTS[n % len(DEPARTEMENTS)]
        presences = [
            {"station": code, "zone": PARIS, "on_holidays": True, "hours": hours} for code in by_departement[there]
        ]
        yield {"id": f"post-{n:04}", "departement": there, "iscg": _somebody(f"iscg-{n:04}"), "presences": presences}


def _coordinator(departement: str) -> Json:
    name = f"coordinator-{departement}"
    on_call = {"id": f"on-call-{departement}", "channels": _channels(f"on-call-{departement}")}
    return {**_somebody(name), "departement": departement, "on_call": on_call}


def _partner(departement: str, type_: str) -> Json:
    name = f"partner-{departement}-{PARTNERS.index(type_)}"
    return {**_somebody(name), "departement": departement, "type": type_}


def _somebody(name: str) -> Json:
    return {"id": name, "signs_in_as": name, "channels": _channels(name)}


def _channels(name: str) -> list[Json]:
    return [{"channel": "email", "value": f"{name}@relais.example"}]
