"""Referral: gets a social worker to the person, says why it is this one, and follows that she is taken in charge."""
