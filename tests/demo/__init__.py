"""The demo itself: that it says no when something is wrong."""
