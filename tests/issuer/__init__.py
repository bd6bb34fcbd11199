"""Tests of the local issuer, `deploy/local/issuer`."""
