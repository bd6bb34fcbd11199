"""The house in which demos play that must fail, on the run's servers."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from deploy.demo.house import House
from deploy.local.stack import Stack
from tests.conftest import RUN


@pytest.fixture
def house(stack: Stack) -> Iterator[House]:
    """Four services on empty databases and topics of their own, each time anew: the last demo was sabotaged.

    An ISCG has a device, and a partner software, as in `make demo`.
    """
    house = House(stack, f"{RUN}demo{uuid4().hex[:4]}", devices=True)
    try:
        house.open()
        yield house
    finally:
        house.close()
