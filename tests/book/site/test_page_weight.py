"""What pages are spared."""

from repsim_book.site.page_weight import PLAIN_MARK, with_room


def test_code_keeps_marks_that_have_a_colour_and_loses_the_others():
    html = '<span class="k">if</span><span class="w"> </span><span class="n">a</span><span class="p">:</span>'
    assert PLAIN_MARK.sub(r"\1", html) == '<span class="k">if</span> a:'


def test_a_page_keeps_room_for_drawings(tmp_path):
    (tmp_path / "a.svg").write_text('<svg xmlns="x" viewBox="26 -1.5 720 310" width="720"></svg>')
    html = '<img alt="A" src="a.svg" /><img src="none.svg"><img style="x" src="a.svg"><img src="b.png">'
    assert with_room(html, tmp_path) == html.replace(
        '<img alt="A"', '<img style="aspect-ratio: 720 / 310" alt="A"'
    )
