"""Which département a commune or a postal code belongs to, as INSEE and La Poste list them."""

from types import MappingProxyType

OVERSEAS = ("97", "98")

SHARED_OR_ELSEWHERE = MappingProxyType(
    {
        "01200": ("01", "74"),
        "01410": ("01", "39"),
        "01590": ("01", "39"),
        "05110": ("04", "05"),
        "05130": ("04", "05"),
        "05160": ("04", "05"),
        "05700": ("05", "26"),
        "06260": ("04", "06"),
        "13780": ("13", "83"),
        "21340": ("21", "71"),
        "33220": ("24", "33"),
        "37160": ("37", "86"),
        "42620": ("03", "42"),
        "43450": ("15", "43"),
        "48250": ("07", "48"),
        "52100": ("51", "52"),
        "94390": ("91",),
        "97133": ("977",),
        "97150": ("978",),
    }
)
"""The postal codes whose départements are not the one that their first digits tell.

All other 6 291 of the 6 310 codes follow the rule of `departements_of_postal_code`. Source: Découpage administratif
6.0.0 (Etalab, Licence Ouverte), from INSEE's code officiel géographique and La Poste's postal codes.
"""


def departement_of_commune(code: str) -> str:
    """The département or collectivity of an INSEE commune code, which begins with it."""
    return code[:3] if code.startswith(OVERSEAS) else code[:2]


def departements_of_postal_code(code: str) -> tuple[str, ...]:
    """The départements of a postal code, mostly one. In Corsica 200 and 201 are of 2A, 202 and 206 of 2B."""
    if code in SHARED_OR_ELSEWHERE:
        return SHARED_OR_ELSEWHERE[code]
    if code.startswith("20"):
        return ("2A",) if code[2:3] in ("0", "1") else ("2B",)
    return (departement_of_commune(code),)
