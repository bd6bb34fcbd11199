"""The four rooms: intake, referral, notification, audit. They meet only in events."""
