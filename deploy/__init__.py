"""Runs Relais: on one machine, in containers, on Kubernetes."""
