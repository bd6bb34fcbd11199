"""A watched journey: sample reports sent as two integrators' software would, and each one followed to its end.

What happened is read from topics, the mailbox and the log, as anybody outside could, and never asked of Relais' code.
"""
