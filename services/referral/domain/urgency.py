"""Degré d'urgence: what the officer has said of it, raised by what the report tells of danger and of children."""

from shared.contracts.report import CaseFile, DangerGrid
from shared.contracts.vocabulary import Urgency

ENOUGH_YES, ENOUGH_RED = 12, 2
"""From so many on the danger is characterised (grille d'évaluation du danger): of 23 answers, or of the 5 red ones."""


def is_characterised(grid: DangerGrid | None) -> bool:
    """Whether the grid's answers tell of a grave danger: one of the two counts is enough."""
    return grid is not None and (grid.yes >= ENOUGH_YES or grid.red >= ENOUGH_RED)


def raised(urgency: Urgency, file: CaseFile | None) -> Urgency:
    """The urgency of a case: immediate where the grid is characterised; where minors are present nothing can wait."""
    if file is None:
        return urgency
    if is_characterised(file.danger_grid):
        return Urgency.IMMEDIATE
    has_minors = file.minors is not None and file.minors.count > 0
    return Urgency.URGENT if has_minors and urgency is Urgency.STANDARD else urgency
