"""What is said between stations, services and partners: events, vocabulary, topics. Pydantic only."""
