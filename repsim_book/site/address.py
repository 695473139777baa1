"""Addresses that the configuration or the environment names, and that of the published book."""

import json
import os
import re
from pathlib import Path
from typing import Any

from repsim_book.paths import ADDRESS_FILE, CONFIG
from repsim_core.errors import InputError

# The variable that goes before `html: baseurl` of the configuration.
VARIABLE = "REPSIM_ADDRESS"


def configured(variable: str, place: str, value: object) -> str:
    """An address from the environment or else from the configuration, "" if it is in neither.

    Args:
        variable: of the environment.
        place: where the configuration has it, for messages.
        value: what it has.

    Raises:
        InputError: it is no address.
    """
    where, url = (variable, os.environ[variable]) if os.environ.get(variable) else (place, value or "")
    url = str(url).removesuffix("/").removesuffix(".git")
    if url and not re.fullmatch(r"https://[^\s?#]+", url):
        raise InputError(f"{where}: found {url}, expected an address https://...")
    return url


def address_files(root: Path, profile: str) -> dict[str, bytes]:
    """The file that tells Sphinx where the book is published; a book of another profile than the default one is not.

    Raises:
        InputError: the configuration or the environment names no address.
    """
    import yaml

    config = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    address = configured(VARIABLE, f"{CONFIG}, html, baseurl", (config.get("html") or {}).get("baseurl"))
    return {ADDRESS_FILE: json.dumps(address if profile == "default" else "").encode()}


def tell_sphinx(app: Any, config: Any) -> None:
    """Have Sphinx write canonical addresses of pages, if the book's is known."""
    file = Path(app.srcdir) / ADDRESS_FILE
    address = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else ""
    config.html_baseurl = f"{address}/" if address else ""
