"""The pages for readers who use a keyboard or a screen reader: ids, focus, the menu, and the repairs themselves."""

import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from browsing import findings
from bs4 import BeautifulSoup
from places import PAGES

from repsim_book.site.accessibility import repaired
from repsim_book.site.page_footer import facts
from repsim_book.site.written_pages import written_pages
from repsim_core.figures.shared_shapes import join_points, share_shapes


def test_ids_are_given_once(book):
    for path, text in written_pages(book):
        counts = Counter(str(each["id"]) for each in BeautifulSoup(text, "html.parser").find_all(id=True))
        assert [name for name, count in counts.items() if count > 1] == [], path.relative_to(book)


def test_first_stop_leads_to_the_text(reader):
    page = reader(viewport={"width": 1280, "height": 900}).open(PAGES[0])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    page.wait_for_function("document.querySelector('#pst-skip-link').getBoundingClientRect().y >= 0")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash === '#main-content'")


# Whether the element with the focus, or its part that stands for it, has a ring: an outline or a shadow of its own.
SHOWN = """() => {
  const e = document.activeElement;
  const rings = () => [e, ...e.children].flatMap((part) => ["", "::after"].map((pseudo) => {
    for (const each of part.getAnimations()) each.finish();  // an outline that comes by and by
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part, pseudo);
    return [outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, boxShadow];
  }));
  const focused = rings();
  e.blur();
  const plain = rings();
  e.focus();
  const seen = focused.some(([outline, shadow], i) => outline || (shadow !== "none" && shadow !== plain[i][1]));
  return seen ? null : e.outerHTML.slice(0, 120);
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_every_stop_of_the_keyboard_can_be_seen(reader, width):
    page = reader(viewport={"width": width, "height": 900}).open("notebooks/01_setup.html")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(SHOWN) is None
        assert page.evaluate("document.activeElement.getBoundingClientRect().width") > 0
        seen.add(page.evaluate("document.activeElement.outerHTML.slice(0, 300)"))
    assert len(seen) > 25
    page.goto(page.url.replace("notebooks/01_setup", "search"))
    page.locator("#search-words").focus()
    assert page.evaluate(SHOWN) is None


def test_menu_of_a_phone_opens_and_closes_by_keyboard(reader):
    page = reader(viewport={"width": 390, "height": 800}).open("book/intro.html")
    page.locator("button.primary-toggle:visible").first.focus()
    page.keyboard.press("Enter")
    link = page.locator("#pst-primary-sidebar-modal a:has-text('Theorem')").first
    link.wait_for(state="visible")
    assert findings(page) == []
    page.keyboard.press("Escape")
    link.wait_for(state="hidden")
    # the toggle has the focus again, and so has the button that opens the search
    page.wait_for_function("document.activeElement.matches('.primary-toggle')")
    page.locator("button.search-button:visible").focus()
    page.keyboard.press("Enter")
    page.locator("#pst-search-dialog input").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.matches('.search-button')")


def test_dialogs_have_names(book):
    for path, text in written_pages(book):
        for dialog in BeautifulSoup(text, "html.parser").find_all("dialog"):
            assert dialog.get("aria-label"), (path.relative_to(book), dialog.get("id"))


def test_repairs():
    page = '<div class="proof admonition" id="proof"><section id="proof-content"><p id="proof-of-x">'
    assert repaired(page) == '<div class="proof admonition"><section><p id="proof-of-x">'
    assert repaired('<div id="id5" role="doc-biblioentry">') == '<div id="id5" role="listitem">'
    code = "</p></summary><pre><i>a</i>=1\nb</pre>"
    folded = f'<summary aria-label="Toggle hidden content"><p>Show code{code}'
    name = f'<summary><p>Show code<span class="visually-hidden">: a=1%s</span>{code}'
    assert repaired(2 * folded) == name % "" + name % ", number 2"


def test_facts_of_a_page_are_text_and_not_markup():
    edition = {"title": "A & B", "authors": [{"given-names": "Ada", "family-names": "L<"}]}
    box = BeautifulSoup(
        facts("x < y", "01_a", "2025-02-03", book=edition, parameters={"k": "a<b"}), "html.parser"
    )
    assert re.search(r"Version \d+\.\d+\.\d+, .*built on 2025-02-03\.", box.get_text())
    entry = box.select("pre")[-1].get_text()
    assert entry.startswith("@incollection{01_a-2025,")
    assert "title     = {x < y}" in entry
    assert "k = 'a<b'" in box.select("pre")[0].get_text()
    assert not BeautifulSoup(facts("x", "a", "2025-02-03", book={}, parameters={}), "html.parser").find(
        "details"
    )


def test_shapes_of_points_are_written_once():
    point = '<path aria-hidden="true" transform="translate({},2)" d="M1,1A1,1" fill="red"/>'
    svg = f'<svg class="marks">{"".join(map(point.format, range(5)))}{point.format(9).replace("red", "blue")}</svg>'
    small = share_shapes(svg, "s-")
    assert small.count(' d="') == 2
    assert re.findall(r'<use transform="translate\((\d),2\)" href="#s-0"/>', small) == list("01234")
    assert 'translate(9,2)" d="M1,1A1,1" fill="blue"' in small


def test_points_that_look_alike_are_corners_of_one_path():
    point = '<use href="#dot" x="{}" y="2" style="fill: {}"/>'
    points = [point.format(x, colour) for x, colour in enumerate(["red", "blue", "red", "red", "red", "red"])]
    root = ElementTree.fromstring(
        f'<svg><defs><path id="dot" d="M1 1"/></defs><g>{"".join(points)}</g></svg>'
    )
    join_points(root)
    marker = root.find("defs/marker")
    path, alone = root.findall("g/*")
    assert marker is not None
    assert path.get("d") == "M0 2L2 2L3 2L4 2L5 2"
    assert {path.get(f"marker-{place}") for place in ("start", "mid", "end")} == {f"url(#{marker.get('id')})"}
    assert marker[0].attrib == {"href": "#dot", "style": "fill: red"}
    assert alone.attrib == {"href": "#dot", "x": "1", "y": "2", "style": "fill: blue"}
