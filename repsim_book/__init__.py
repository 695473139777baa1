"""The press: executes the chapters, builds the pages, runs a class; the command `repsim`."""

import sys

# Whoever reads notebooks imports jsonschema, and it would compile a grammar of web addresses, which takes seconds.
# Nothing here is checked for being one; without the module jsonschema leaves that check out.
sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
