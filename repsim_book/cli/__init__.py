"""The command `repsim`."""
