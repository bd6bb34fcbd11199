"""What every door may meet whatever it is for: data that are erased, a server that is away."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.delivery.failures import is_infrastructure
from shared.vault import Erased
from shared.web.problems import ERASED, Problem, unavailable


@contextmanager
def refusals() -> Iterator[None]:
    """Say them as problems."""
    try:
        yield
    except Erased:
        raise Problem(ERASED) from None
    except Exception as error:
        if not is_infrastructure(error):
            raise
        raise unavailable() from error
