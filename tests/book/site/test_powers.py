from __future__ import annotations

import pytest
from docutils import nodes

from repsim_book.site import powers


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("5e-05 nats", "5·10⁻⁵ nats"),
        ("(2.2e-02)", "(2.2·10⁻²)"),
        ("by 1e-15.", "by 10⁻¹⁵."),
        ("8e+12", "8·10¹²"),
        ("page 1e, model-3e-2b, 0.5 and 2e", "page 1e, model-3e-2b, 0.5 and 2e"),
    ],
)
def test_powers_of_ten_are_raised(text: str, written: str) -> None:
    assert powers.raised(text) == written


def test_code_stays_as_it_is() -> None:
    page = nodes.paragraph("", "1e-05 ", nodes.literal("", "1e-05"))
    document = nodes.section("", page)
    powers.write(None, document, "page")
    assert page.astext() == "10⁻⁵ 1e-05"
