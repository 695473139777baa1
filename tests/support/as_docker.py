"""A stand-in for `docker`: `run` with the flags of the guide's recipe and no others, kept by bubblewrap and setpriv.

In place of an image are the machine's own files, read-only; `/work` is at `/mnt`, since the repository may lie there.
Limits of memory and of the number of processes are not kept.
"""

import argparse
import os
import sys
from pathlib import Path


def asked() -> argparse.Namespace:
    """The flags; another one ends this process."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("run", choices=["run"])
    for name in ("--rm", "--read-only"):
        parser.add_argument(name, action="store_true", required=True)
    fixed = {"--network": "none", "--cap-drop": "ALL", "--security-opt": "no-new-privileges"}
    fixed |= {"--tmpfs": "/tmp:size=1g", "-e": "HOME=/tmp", "-w": "/work"}
    for name, value in fixed.items():
        parser.add_argument(name, choices=[value], required=True)
    for name in ("--pids-limit", "--memory", "--memory-swap", "--user", "-v"):
        parser.add_argument(name, required=True)
    parser.add_argument("image", choices=["IMAGE"])
    parser.add_argument("words", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main() -> None:
    """Become what the container would run."""
    flags = asked()
    user, group = flags.user.split(":")
    place, _, inside = flags.v.partition(":")
    assert inside == flags.w
    words = ["bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--die-with-parent", "--clearenv"]
    words += [
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--perms",
        "1777",
        "--size",
        str(1 << 30),
    ]
    words += ["--tmpfs", "/tmp", "--bind", place, "/mnt", "--chdir", "/mnt"]
    own = {"HOME": "/tmp", "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    own |= {name: os.environ[name] for name in ("PYTHONPATH", "OMP_NUM_THREADS") if name in os.environ}
    for name, value in own.items():
        words += ["--setenv", name, value]
    become = ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--no-new-privs"]
    os.execvp("bwrap", [*words, *become, "--inh-caps=-all", "--bounding-set=-all", *flags.words])


if __name__ == "__main__":
    main()
