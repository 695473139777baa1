"""Output for terminals and files that do not take every letter: what they lack is spelled in those that they have."""

import codecs
import os
import sys
import unicodedata
from io import TextIOWrapper

_SPELLED = {
    "–": "-", "—": "--", "−": "-", "‐": "-", "‑": "-", "…": "...", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"',
    "×": "x", "·": "*", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "±": "+-", "√": "sqrt", "∞": "inf", "→": "->",
    "←": "<-", "⋅": "*", "‖": "||", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "µ": "u",
}  # fmt: skip
_NAME = "repsim.spelled"


def spelled(text: str) -> str:
    """Text in ASCII letters: `²` is `^2`, `δ` is `delta`, `≤` is `<=`; what has no spelling becomes an escape."""
    return "".join(_letter(letter) for letter in text)


def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in _SPELLED:
        return _SPELLED[letter]
    kind, _, plain = unicodedata.decomposition(letter).partition(" ")
    if kind in ("<super>", "<sub>"):
        return ("^" if kind == "<super>" else "_") + spelled(chr(int(plain.split()[0], 16)))
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK "):
        word = name.split(" LETTER ")[-1].split(" ")[0]
        return word.lower() if " SMALL " in name else word.capitalize()
    folded = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return folded or letter.encode("ascii", "backslashreplace").decode()


def as_text(word: str) -> str:
    """A word that was typed, as UTF-8 has it, also where Python has been told that its terminal knows ASCII alone.

    What is no UTF-8 is replaced by a mark.
    """
    try:
        word.encode()
        return word
    except UnicodeEncodeError:
        return os.fsencode(word).decode(errors="replace")


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return spelled(error.object[error.start : error.end]), error.end


def spell_what_is_missing() -> None:
    """Let standard output and standard error spell the letters that their encodings lack, instead of failing."""
    codecs.register_error(_NAME, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_NAME)
