"""How a running service is watched: logs, numbers, health, traces, and never anything about a person."""
