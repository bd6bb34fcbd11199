"""What the log says about itself."""

from typing import Annotated

from pydantic import Field

from shared.contracts.event import Event
from shared.contracts.fields import Routed


class CheckpointSigned(Event, family="audit"):
    """The log was signed at a size (C2SP signed note): nobody can quietly change what stands before."""

    origin: Routed[str]
    size: Routed[Annotated[int, Field(ge=0)]]
    note: Routed[str]
