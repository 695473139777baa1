"""The press: what executes the chapters and makes the book of them, with the command `repsim`."""
