"""Studies: grids of models that are declared, computed unit by unit, and recorded."""

from repsim_core.extras import require

require(__name__, "torch")
