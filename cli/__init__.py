"""The `relais` command, for those who run Relais. It knows each service's `commands`, and nothing else of it."""
