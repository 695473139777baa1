"""Labelled data, resident in memory: made, shipped with a library, or read from files."""

from repsim_core.extras import require

require(__name__, "torch")
