"""What a roster must hold before it is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson
import pytest
from pydantic import ValidationError

from services.referral.domain.directory import Directory, read_directory
from shared.contracts.ids import NAMESPACE

SAMPLE = Path(__file__).parents[2] / "deploy/samples/roster.json"


def authid_of(subject: str) -> UUID:
    return uuid5(NAMESPACE, subject)


def read_sample(change: Callable[[Any], object] = lambda _: None) -> Directory:
    members = orjson.loads(SAMPLE.read_bytes())
    change(members)
    return read_directory(members, authid_of)


def test_the_sample_roster_binds_people_to_opaque_ids() -> None:
    directory = read_sample()
    assert directory.posts[0].authid == authid_of("iscg-31-a")
    assert {each.departement for each in directory.coordinators} == {"31", "09", "2A"}


def test_a_departement_with_posts_needs_a_coordinator() -> None:
    with pytest.raises(ValidationError, match="no coordinator"):
        read_sample(lambda members: members["coordinators"].pop())


def test_nothing_may_stand_twice_in_a_roster() -> None:
    with pytest.raises(ValidationError, match="twice"):
        read_sample(lambda members: members["posts"].append(members["posts"][0]))


def test_the_id_of_a_partner_may_not_tell_its_type() -> None:
    with pytest.raises(ValidationError, match="tells its type"):
        read_sample(lambda members: members["partners"][0].update(id="CIDFF-31"))


def test_somebody_who_cannot_sign_in_is_refused() -> None:
    with pytest.raises(ValidationError, match="authid"):
        read_sample(lambda members: members["posts"][0].pop("signs_in_as"))
