"""Who may report: integrators, and the stations for which each of them speaks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.contracts.fields import Block
from shared.contracts.forms import Departement, IntegratorCode, KeyId, StationCode, Zone
from shared.contracts.person import InseeCommune
from shared.contracts.vocabulary import Force

Place = tuple[str | int, ...]


class Station(Block):
    """Unité: commissariat or brigade, its territory and its time."""

    code: StationCode
    force: Force
    departement: Departement
    commune: InseeCommune
    zone: Zone
    closed: bool = False

    def ended(self) -> "Station":
        """The station, which reports no more."""
        return self.model_copy(update={"closed": True})


class PublicKey(Block):
    """A public key (JWK, RFC 7517) with whose other half an integrator proves at the issuer that it is itself.

    It has no member in which a secret could be sent to us by mistake.
    """

    kty: Literal["OKP", "EC", "RSA"]
    kid: KeyId
    use: Literal["sig"] = "sig"
    alg: str | None = None
    crv: str | None = None
    x: str | None = None
    y: str | None = None
    n: str | None = None
    e: str | None = None

    def jwk(self) -> dict[str, str]:
        """As it is published."""
        return self.model_dump(exclude_none=True)


class Speaker(Block):
    """Éditeur ou plateforme, as a registry's file names it: software that speaks for a list of stations.

    Where a file says nothing of `keys`, they stay as they are.
    """

    code: IntegratorCode
    stations: frozenset[StationCode]
    keys: tuple[PublicKey, ...] | None = None

    def speaks_for(self, station: str) -> bool:
        """Whether a report of this station may come from this integrator."""
        return station in self.stations


class Integrator(Speaker):
    """Éditeur ou plateforme, with the opaque id under which it acts: it signs in by its code."""

    authid: UUID
    closed: bool = False

    def ended(self) -> "Integrator":
        """The integrator, which speaks for nobody any more."""
        return self.model_copy(update={"closed": True, "stations": frozenset(), "keys": None})


class Registry(Block):
    """Everybody who may report, as it stands in a file."""

    integrators: tuple[Speaker, ...]
    stations: tuple[Station, ...]

    def faults(self) -> list[tuple[Place, str, str]]:
        """What does not fit together: where, and a sentence in English and in French."""
        known = {station.code for station in self.stations}
        stations = [(("stations", n), each.code) for n, each in enumerate(self.stations)]
        integrators = [(("integrators", n), each.code) for n, each in enumerate(self.integrators)]
        return [
            *(
                (place, f"no station {code} stands in the file", f"aucune unité {code} ne figure dans le fichier")
                for (place, _), speaker in zip(integrators, self.integrators, strict=True)
                for code in sorted(speaker.stations - known)
            ),
            *(
                (place, f"{code} stands in it twice", f"{code} y figure deux fois")
                for place, code in (*_again(stations), *_again(integrators))
            ),
            *(
                (place, f"{code} has two keys of one kid", f"{code} a deux clés de même kid")
                for (place, code), speaker in zip(integrators, self.integrators, strict=True)
                if _again([((), kid) for kid in _kids(speaker)])
            ),
            *(
                (
                    ("stations", n, "commune"),
                    f"the commune of {each.code} lies in another département",
                    f"la commune de {each.code} est dans un autre département",
                )
                for n, each in enumerate(self.stations)
                if not each.commune.startswith(each.departement)
            ),
        ]


def _kids(speaker: Speaker) -> list[str]:
    return [key.kid for key in speaker.keys or ()]


def _again(named: Iterable[tuple[Place, str]]) -> list[tuple[Place, str]]:
    """Where a code stands that stood before."""
    seen, again = set[str](), list[tuple[Place, str]]()
    for place, code in named:
        again += [(place, code)] if code in seen else []
        seen.add(code)
    return again


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a new registry changes: what was known, if anything was, and what is known from now on."""

    before: Station | Integrator | None
    after: Station | Integrator

    @property
    def kind(self) -> str:
        """In a word."""
        if self.after.closed:
            return "close"
        return "change" if self.before and not self.before.closed else "register"


def changes(known: Iterable[Station | Integrator], wanted: Iterable[Station | Integrator]) -> list[Change]:
    """What must change so that exactly those that are wanted are known. Those that nobody wants are closed."""
    before = {(type(each), each.code): each for each in known}
    after = {(type(each), each.code): each for each in wanted}
    gone = [each.ended() for key, each in before.items() if key not in after and not each.closed]
    moved = [each for key, each in after.items() if before.get(key) != each]
    return [Change(before=before.get((type(each), each.code)), after=each) for each in (*moved, *gone)]
