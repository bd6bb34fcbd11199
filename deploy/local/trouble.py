"""Why the local stack cannot do what was asked, in words that say what to do."""


class StackTrouble(Exception):
    """Something on this machine keeps the local stack from running; the message says what to do."""
