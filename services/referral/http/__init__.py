"""The doors of referral: cases for those whose they are, the roster for coordinators."""
