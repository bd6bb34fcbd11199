"""An OpenID issuer for development only: it signs tokens for the sample integrators, workers and auditors.

`python -m deploy.local.issuer issuer.json` serves it; `docs/decisions/0010-local-issuer.md` says why it is this one.
"""
