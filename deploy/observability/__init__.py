"""What operators watch Relais with: rules for Prometheus, and what tells when each alert fires."""
