"""How the contract with vendors may change, as it is told to them wherever the contract is published."""

RULE = (
    "Within v1 only optional members and new codes of open answers are added; every change stands in the changelog. "
    "Readers ignore members of a receipt that they do not know. The stations' door ignores nothing: a member that it "
    "does not know is a fault, so a vendor sends a new member only once the door's schema has it. Whatever breaks a "
    "sender or a reader is a new version: a new event type (`….v2`) and, over HTTP, a new path (`/v2/…`), beside the "
    "old ones for at least twelve months from the day on which the new version is published and announced in the "
    "changelog. An unknown version of a known type is never guessed at: it is set aside (Kafka) or refused (HTTP)."
)
"""The rule of evolution."""
