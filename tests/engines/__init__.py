"""The log, held against engines that we did not write."""
