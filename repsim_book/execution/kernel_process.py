"""A kernel's process: `python -m repsim_book.execution.kernel_process -f FILE`, started by `kernel`.

It is a kernel of IPython that ends with its parent, and then removes the folder of its connection file.
"""

import shutil
import sys
from pathlib import Path

from repsim_book.processes import end_with_parent


def main() -> None:
    """Be a kernel until told to end."""
    folder = Path(sys.argv[sys.argv.index("-f") + 1]).parent
    end_with_parent(lambda: shutil.rmtree(folder, ignore_errors=True))
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
