"""Labelled data, resident in memory: made, shipped with a library, or read from files."""
