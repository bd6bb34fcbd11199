"""The doors of the log: what proves it, for anybody; its lines, for auditors, who leave a line by looking."""

from services.audit.http.exports import export_router
from services.audit.http.log import log_router
from services.audit.http.proofs import proof_router
from services.audit.http.search import search_router

__all__ = ["export_router", "log_router", "proof_router", "search_router"]
