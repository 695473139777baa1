"""`python -m repsim_book` is the command `repsim`."""

import sys

from repsim_book.cli.main import main

sys.exit(main())
