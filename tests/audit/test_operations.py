"""Every event has its operation of the law, and names only members that stand in clear."""

from typing import get_args

import pytest

from services.audit.domain.leaf import Kind
from services.audit.domain.operations import OPERATIONS
from services.audit.domain.wording import NOT_OF_EVENTS, sentences
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


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_line_of_every_kind_and_type_reads_as_a_sentence(language: str) -> None:
    nothing = dict.fromkeys(("type", "who", "why", "to", "subject"))
    lines = [nothing | {"kind": kind} for kind in NOT_OF_EVENTS]
    lines += [nothing | {"kind": "event", "type": type_} for type_ in (*OPERATIONS, "case.unheard-of.v9")]
    said = [sentences(line)[language] for line in lines]
    assert len(set(said)) == len(said)
    assert all(each[0].isupper() or each.startswith("–") for each in said)
    assert not any("None" in each or "{" in each for each in said)


def test_every_kind_of_line_has_its_words() -> None:
    assert {*NOT_OF_EVENTS, "event"} == set(get_args(Kind))
