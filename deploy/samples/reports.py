"""The sample reports of one run, in the order in which each integrator sends its own."""

from datetime import datetime
from uuid import UUID

from joserfc.jwk import KeySetSerialization

from deploy.samples.bad import bad_samples
from deploy.samples.desk import Desk, Sample
from deploy.samples.good import good_samples


def sample_reports(published: KeySetSerialization, salt: UUID, now: datetime) -> list[Sample]:
    """Every sample, sealed for these published keys.

    Another `salt` makes other ids: a second run is a second set of people. `now` is an aware time. The producer must
    let requests of 2 MiB through, as some are meant to be too large for intake and not for the broker.
    """
    desk = Desk(published, salt, now)
    return [*good_samples(desk), *bad_samples(desk)]
