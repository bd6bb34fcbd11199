"""All HTTP doors of intake that vendors use."""

from fastapi import APIRouter

from services.intake.door import Identifying
from services.intake.http.desk import Desk
from services.intake.http.integrators import integrator_doors
from services.intake.http.published import published_doors
from services.intake.http.reports import hand_in_doors
from services.intake.http.standing import standing_doors
from services.intake.reception import Reception
from shared.delivery.delivery import Delivery
from shared.vault.ring import Ring


def report_doors(
    delivery: Delivery, ring: Ring, identifying: Identifying, reception: Reception
) -> tuple[APIRouter, ...]:
    """What vendors' software may do and ask over HTTP."""
    desk = Desk(delivery, ring, identifying, reception)
    doors = hand_in_doors(desk), standing_doors(delivery), integrator_doors(delivery)
    return *doors, published_doors(ring, doors)
