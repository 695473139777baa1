"""Where a student's code runs: in a sandbox made by bubblewrap, or with the rights of who grades.

The sandbox has no network, no processes but its own, and of the files the Python environment and the two packages, to
be read. It writes to memory, so much and no more. The home, the course, the masters and other submissions are not
there.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import repsim_book
import repsim_core
from repsim_book.classroom.apart.cgroups import NO_GROUPS, Groups
from repsim_book.classroom.apart.limits import FILES, SHARED
from repsim_core.errors import InputError

CHOICES = ("auto", "bubblewrap", "none")
# Seconds for the command that tries whether a sandbox works here.
_TRIAL_SECONDS = 120
# Of the system: programs, libraries, fonts.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
# Of the environment; the rest may be secret.
_KEPT = ("LANG", "LANGUAGE", "TZ", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_KEPT_TOO = ("LC_", "REPSIM_STUDENT", "NBGRADER_EXECUTION", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE")
_PACKAGES = {module.__name__: Path(str(module.__file__)).parent for module in (repsim_book, repsim_core)}
_RIGHTS = "it runs with your rights: it can read hidden tests, other submissions and your files, and use the network"
_DISK = "what it writes to the disk in all is not limited"
_PROCESSES = "how many processes it starts is not limited"
_NESTED = (
    "in namespaces of its own it can take more memory than the limits say (bubblewrap is older than 0.8)"
)


@dataclass(frozen=True)
class Sandbox:
    """How processes of students' code are started.

    Attributes:
        name: `bubblewrap` or `none`.
        why: why there is none, where one was asked for.
        open: what a submission is not kept from, a clause each.
        drops: whether root becomes another user, for whom the number of processes is limited.
        closes: whether namespaces in the sandbox are forbidden.
        hidden: folders that are not seen in any case.
        groups: where the system has a group with limits for each submission.
    """

    name: str = "none"
    why: str = ""
    open: tuple[str, ...] = ()
    drops: bool = False
    closes: bool = False
    hidden: tuple[Path, ...] = ()
    groups: Groups = NO_GROUPS

    def written(self) -> dict[str, Any]:
        """What another process needs to know, as JSON has it; not where groups are made."""
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "groups"}
        return told | {"hidden": [str(path) for path in self.hidden]}

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Sandbox:
        """What `written` has written."""
        return cls(**{**told, "hidden": tuple(map(Path, told["hidden"]))})

    def program(self, environment: Mapping[str, str], *, by_hand: bool = False) -> list[str]:
        """The words before Python's own arguments.

        Args:
            environment: that a sandbox takes a part of.
            by_hand: without `repsim_core`.
        """
        if self.name == "none":
            return [sys.executable]
        unshared = ["pid", "net", "ipc", "uts"]
        words = ["bwrap", *(f"--unshare-{name}" for name in unshared), "--unshare-cgroup-try"]
        if not self.drops and os.geteuid() != 0:
            words += ["--unshare-user", *(["--disable-userns"] if self.closes else [])]
        words += ["--die-with-parent", "--new-session", "--clearenv"]
        for name, value in self._environment(environment, by_hand).items():
            words += ["--setenv", name, value]
        words += [word for each in self._files(by_hand) for word in each]
        words += ["--chdir", "/tmp"]
        if self.drops:
            user = str(64000 + os.getpid() % 1000)
            words += ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
            words += [
                "bwrap",
                "--unshare-user",
                "--disable-userns",
                "--die-with-parent",
                "--dev-bind",
                "/",
                "/",
            ]
        return [*words, str(_executable())]

    def _environment(self, environment: Mapping[str, str], by_hand: bool) -> dict[str, str]:
        kept = {
            name: value for name, value in environment.items() if name in _KEPT or name.startswith(_KEPT_TOO)
        }
        there = [path for name, path in _PACKAGES.items() if not (by_hand and name == "repsim_core")]
        own = {
            "PATH": f"{_executable().parent}:/usr/bin:/bin",
            "HOME": "/tmp",
            "USER": "student",
            "LOGNAME": "student",
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(str(path.parent) for path in there)),
        }
        if site.ENABLE_USER_SITE:
            own["PYTHONUSERBASE"] = site.getuserbase()
        return kept | own

    def _files(self, by_hand: bool) -> Iterator[Sequence[str]]:
        """What is seen of the files, as bubblewrap's options."""
        yield "--perms", "1777", "--size", str(FILES), "--tmpfs", "/tmp"  # first: what is shown may lie there
        for path in map(Path, _SYSTEM):
            if path.is_symlink():
                yield "--symlink", os.readlink(path), str(path)
        shown = [Path(path) for path in _SYSTEM if os.path.isdir(path) and not os.path.islink(path)]
        shown += [Path(prefix) for prefix in (sys.base_prefix, sys.prefix)]
        if site.ENABLE_USER_SITE:
            shown.append(Path(site.getusersitepackages()))
        places = {
            place: place.resolve() for path in shown if path.is_dir() for place in (path, path.resolve())
        }
        inside = {
            path
            for path in _PACKAGES.values()
            if any(path.resolve().is_relative_to(place) for place in places.values())
        }
        for name, path in _PACKAGES.items():
            if path not in inside and not (by_hand and name == "repsim_core"):
                places[path] = path.resolve()
        made = {Path("/"), Path("/tmp")}
        for place, real in sorted(places.items()):
            for parent in reversed(place.parents):
                # bubblewrap would make folders that only their owner can enter
                if parent not in made and not any(parent.is_relative_to(other) for other in places):
                    made.add(parent)
                    yield "--perms", "0755", "--dir", str(parent)
            yield "--ro-bind", str(real), str(place)
        for path in _SETTINGS:
            yield "--ro-bind-try", path, path
        hidden = [*self.hidden, *((_PACKAGES["repsim_core"],) if by_hand else ())]
        for path in hidden:
            if any(path.resolve().is_relative_to(place) for place in places):
                yield "--tmpfs", str(path.resolve())
        yield "--proc", "/proc"
        yield "--dev", "/dev"
        yield "--perms", "1777", "--size", str(SHARED), "--tmpfs", "/dev/shm"
        yield from _font_cache()
        yield "--remount-ro", "/dev"
        yield "--remount-ro", "/"


def _executable() -> Path:
    """The interpreter, by a path that is seen in the sandbox; itself it may be a link to another, which is seen too."""
    path = Path(sys.executable)
    return path.parent.resolve() / path.name


def _font_cache() -> Iterator[Sequence[str]]:
    """matplotlib's list of fonts, if there is one: to make it takes seconds."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for path in Path(os.environ.get("MPLCONFIGDIR") or Path(cache, "matplotlib")).glob("fontlist-*.json"):
        for folder in ("/tmp/.cache", "/tmp/.cache/matplotlib"):
            yield "--perms", "1777", "--dir", folder
        yield "--ro-bind", str(path.resolve()), f"/tmp/.cache/matplotlib/{path.name}"


def _none(groups: Groups, why: str = "") -> Sandbox:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return Sandbox("none", why, (_RIGHTS, _DISK, *_unlimited(_PROCESSES, groups, root)), groups=groups)


def _unlimited(what: str, groups: Groups, so: bool = True) -> tuple[str, ...]:
    """A clause on what only a group would limit, where it is so and there is none."""
    if groups.folders or not so:
        return ()
    return (what + (f" ({groups.why})" if groups.why else ""),)


def choose(choice: str, hidden: Sequence[Path] = (), groups: Groups | None = None) -> Sandbox:
    """The sandbox that works here.

    Args:
        choice: `auto` (bubblewrap where it works, else none), `bubblewrap` or `none`.
        hidden: folders that must not be seen even if they are inside the Python environment.
        groups: from `cgroups.groups_here`; none by default.

    Raises:
        InputError: bubblewrap was asked for and does not work, or there is no such choice.
    """
    groups = groups or NO_GROUPS
    if choice not in CHOICES:
        raise InputError(f"isolation: found {choice!r}, expected {', '.join(CHOICES)}")
    if choice == "none":
        return _none(groups)
    found = _bubblewrap(tuple(path.resolve() for path in hidden), groups)
    if isinstance(found, Sandbox):
        return found
    if choice == "bubblewrap":
        raise InputError(f"isolation: {found}, expected that it works")
    return _none(groups, found)


def _bubblewrap(hidden: tuple[Path, ...], groups: Groups) -> Sandbox | str:
    """The closest sandbox that works, or why none does; each is tried with a small command."""
    if shutil.which("bwrap") is None:
        return "found no bubblewrap (the command bwrap)"
    if os.geteuid() == 0:
        variants = [
            Sandbox("bubblewrap", drops=True, closes=True, hidden=hidden, groups=groups),
            Sandbox("bubblewrap", open=_unlimited(_PROCESSES, groups), hidden=hidden, groups=groups),
        ]
    else:
        variants = [
            Sandbox("bubblewrap", closes=True, hidden=hidden, groups=groups),
            Sandbox("bubblewrap", open=_unlimited(_NESTED, groups), hidden=hidden, groups=groups),
        ]
    said = ""
    for variant in variants:
        words = [*variant.program(os.environ), "-P", "-c", "import repsim_book, repsim_core"]
        try:
            done = subprocess.run(
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TRIAL_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            said = said or str(error)
            continue
        if done.returncode == 0:
            return variant
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        said = said or (lines or [f"exit code {done.returncode}"])[-1]
    return f"bubblewrap does not work here: {said}"
