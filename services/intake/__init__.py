"""A report comes in, is checked, sealed and receipted."""
