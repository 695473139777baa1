"""What pages are spared."""

from repsim_book.site.page_weight import PLAIN_MARK


def test_code_keeps_marks_that_have_a_colour_and_loses_the_others():
    html = '<span class="k">if</span><span class="w"> </span><span class="n">a</span><span class="p">:</span>'
    assert PLAIN_MARK.sub(r"\1", html) == '<span class="k">if</span> a:'
