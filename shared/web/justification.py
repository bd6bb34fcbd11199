"""Why somebody does what must be justified: in words of her own, which only an inspector will read."""

from typing import Annotated

from pydantic import StringConstraints

Justification = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=500)]
