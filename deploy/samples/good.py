"""Reports that are as they should be: every urgency, every answer to the question of consent, every act."""

from collections.abc import Iterator
from itertools import product

from deploy.samples.desk import Desk, Sample
from deploy.samples.people import GROUND, a_consent, a_content

URGENCIES = ("immediate", "urgent", "standard")
CONSENTS = ("given", "not-asked", "refused", "refused-on-ground")
ACTS = ("plainte", "main-courante", "pvrj", "intervention", "none")
STATIONS = ("PN-31-0001", "GN-31-0412", "PN-09-0003", "GN-09-0101", "PN-31-0002", "GN-2A-0207")
PARTNERS = ("cidff", "siao", None)


def good_samples(desk: Desk) -> Iterator[Sample]:
    """One report for each combination, so spread that every station sends of each urgency."""
    for n, (consent, act, urgency) in enumerate(product(CONSENTS, ACTS, URGENCIES)):
        partner = PARTNERS[n // 3 % len(PARTNERS)] if consent == "given" else None
        answer, _, on_ground = consent.partition("-on-")
        content = a_content(n, desk.now, a_consent(answer, partner), act, GROUND if on_ground else None)
        station, is_test = STATIONS[(n + n // 6) % len(STATIONS)], n % 10 == 9
        yield desk.report(f"{consent}-{act}-{urgency}", station, content, urgency=urgency, test=is_test)
