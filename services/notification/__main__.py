"""`python -m services.notification`: tells whoever must know that a person waits."""

from services.notification.app import run
from services.notification.settings import NotificationSettings
from shared.delivery.process import run_service

if __name__ == "__main__":
    run_service(NotificationSettings, run)
