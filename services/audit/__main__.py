"""`python -m services.audit`: the log's one writer, and its doors."""

import os

from services.audit.app import run
from services.audit.domain.standing import NotToBeSigned
from services.audit.settings import AuditSettings
from shared.delivery.ending import REFUSALS
from shared.delivery.process import run_service

OURS: dict[type[Exception], int] = {NotToBeSigned: os.EX_DATAERR}
"""65: the log must not be signed."""

if __name__ == "__main__":
    run_service(AuditSettings, run, {**REFUSALS, **OURS})
