"""The source of the API reference against the package: the same names, each explained."""

import importlib
import inspect
import re

import pytest
from places import ROOT

import repsim_core

PAGE = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
FUNCTIONS = [name for name in repsim_core.__all__ if inspect.isfunction(getattr(repsim_core, name))]


def test_the_page_has_every_public_name_once_and_no_other():
    entries = re.findall(r"^\.\. auto\w+:: repsim_core\.(\w+)$", PAGE, re.MULTILINE)
    assert sorted(entries) == sorted(repsim_core.__all__)


def test_a_section_says_what_it_is_about_and_where_it_is_explained():
    for section in SECTIONS:
        title, _, rest = section.partition("\n")
        words = rest.strip().partition("```")[0]
        assert len(words) > 60, title
        assert "{doc}`" in words, title


def test_what_chapters_import_besides_is_there():
    rows = re.findall(r"^\| [^|`]+ \| ([^|]*`[^|]*) \| `([\w.]+)` \|$", SECTIONS[-1], re.MULTILINE)
    assert len(rows) >= 10
    for names, module in rows:
        loaded = importlib.import_module(module)
        for name in re.findall(r"`(\w+)`", names):
            assert hasattr(loaded, name), (name, module)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docstring_of_a_function_names_its_parameters_and_errors(name):
    function = getattr(repsim_core, name)
    text = inspect.getdoc(function) or ""
    arguments = text.partition("Args:\n")[2].partition("\n\n")[0]
    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"\b{parameter}\b", arguments) or name in (
            "llv_distance",
            "representation_distance",
        )
    assert "Raises:\n" in text


def test_the_schema_of_comparisons_is_beside_the_pages_that_link_to_it(book):
    """As the package has it."""
    schema = (ROOT / "repsim_book" / "cli" / "compare.schema.json").read_bytes()
    assert (book / "_static" / "compare.schema.json").read_bytes() == schema
    for name in ("api", "own_models", "changes"):
        page = (book / "book" / f"{name}.html").read_text("utf-8")
        assert 'href="../_static/compare.schema.json"' in page, name
