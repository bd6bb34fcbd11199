"""Périodes: so many days, from the first to the last."""

from datetime import date
from typing import Self

from pydantic import model_validator

from shared.contracts.fields import Block
from shared.contracts.forms import Day


class Period(Block):
    """Days without a gap, the last one among them."""

    first_day: Day
    last_day: Day

    @model_validator(mode="after")
    def check_order(self) -> Self:
        """It ends on the day on which it begins, or later."""
        if self.first_day > self.last_day:
            raise ValueError("it must not end before it begins")
        return self

    def covers(self, day: date) -> bool:
        """Whether it is going on that day."""
        return self.first_day <= day <= self.last_day
