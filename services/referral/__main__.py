"""`python -m services.referral`: gets reports to social workers."""

from services.referral.app import run
from services.referral.settings import ReferralServiceSettings
from shared.delivery.process import run_service

if __name__ == "__main__":
    run_service(ReferralServiceSettings, run)
