"""Figures: functions that take tidy data and return a drawing; nothing is computed here."""

from repsim_core.extras import require

require(__name__, "matplotlib", "seaborn", "altair", "vl_convert")
