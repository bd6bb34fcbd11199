"""`python -m services.intake`: takes the reports of stations."""

from services.intake.app import run
from services.intake.settings import IntakeSettings
from shared.delivery.process import run_service

if __name__ == "__main__":
    run_service(IntakeSettings, run)
