"""How laws are tried here: the machine may be busy, so no example is timed."""

from hypothesis import HealthCheck, settings

settings.register_profile("contracts", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("contracts")
