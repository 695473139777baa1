"""Execution: a chapter with given values becomes an executed notebook and result files.

`VERSION` is raised by hand when what is here changes how chapters come out, so that all of them are executed again.
"""

VERSION = 1
