"""Numbers in sentences that a chapter generates: nouns and verbs that go with them."""

from __future__ import annotations

_THIRD_PERSON = {"have": "has", "are": "is", "go": "goes", "carry": "carries"}


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """The number and the noun: "1 network", "1,200 networks"; `nouns` where the plural has more than an s."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def verb(count: int, form: str) -> str:
    """The verb of so many, of its plural form: "have" for 2, "has" for 1."""
    return _THIRD_PERSON.get(form, f"{form}s") if count == 1 else form
