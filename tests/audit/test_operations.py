"""Every event has its operation of the law, and names only members that stand in clear."""

from services.audit.domain.operations import OPERATIONS
from shared.contracts.events import CheckpointSigned
from shared.contracts.fields import Routing
from shared.contracts.topics import BY_TYPE


def test_every_event_but_the_logs_own_has_its_operation() -> None:
    assert set(OPERATIONS) == set(BY_TYPE) - {CheckpointSigned.type}


def test_a_line_takes_only_members_that_stand_in_clear() -> None:
    for type_, rule in OPERATIONS.items():
        for member in filter(None, (rule.why, rule.to)):
            marks = BY_TYPE[type_].model_fields[member].metadata
            assert any(isinstance(mark, Routing) for mark in marks), f"{type_}: {member}"
