"""Arrêt des contacts: nothing more is to be written to the person, and it is said once nothing more can leave."""

from uuid import UUID

from shared.contracts.fields import Block


class Stop(Block):
    """A request to stop all contact. `awaits` are the messages that were with a provider when it came."""

    id: UUID
    case_id: UUID
    awaits: tuple[UUID, ...] = ()

    def without(self, notice_id: UUID) -> "Stop":
        """One of them has ended, one way or the other."""
        return self.model_copy(update={"awaits": tuple(each for each in self.awaits if each != notice_id)})
