"""Training: stacks of small networks, and networks of images."""

from repsim_core.extras import require

require(__name__, "torch")
