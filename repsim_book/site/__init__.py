"""What the book adds to Jupyter Book's pages: one Sphinx extension, `repsim_book.site`.

Each module has the functions that Sphinx calls; `setup` says when. They read what the press has put into the sources of
Sphinx (`repsim_book.paths`) and nothing else of the book's folder.
"""

from typing import Any

from repsim_book.site import (
    address,
    api_reference,
    chapter_head,
    drawing_library,
    folding,
    joined,
    joined_modules,
    launch,
    listings,
    live,
    mathematics,
    opening_figure,
    own_page,
    page_footer,
    paper,
    powers,
    profile_notice,
    rerun_box,
    result_role,
    search,
    sharing,
    without_scripts,
    written_pages,
)


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("repsim_launch", {}, "html")
    app.add_role("result", result_role.quote)
    for name in ("rerun", "live"):
        app.add_css_file(f"{name}.css")
        app.add_js_file(f"{name}.js", loading_method="defer")
    app.add_js_file("limits.js", loading_method="defer", priority=400)  # before what calls it
    mathematics.register(app)
    app.connect("config-inited", address.tell_sphinx)
    # while pages are read
    app.setup_extension("sphinx.ext.autodoc")  # whose event the next line names
    app.connect("autodoc-process-signature", api_reference.without_constructor)
    app.connect("builder-inited", drawing_library.write)
    app.connect("doctree-read", rerun_box.insert)
    app.connect("doctree-read", chapter_head.insert)
    app.connect("doctree-read", opening_figure.move)
    folding.setup_folds(app)
    app.connect("doctree-read", search.name_symbols)
    sources = listings.Listings()
    app.connect("doctree-read", sources.link)
    book_search = search.Search()
    head = sharing.Head()
    app.connect("builder-inited", book_search.begin)
    app.connect("builder-inited", head.begin)
    app.connect("doctree-resolved", powers.write)
    app.connect("doctree-resolved", book_search.gather)
    # while pages are written, in this order; the menus after the theme's (501), to which they are added
    app.connect("html-collect-pages", sources.pages)
    app.connect("html-collect-pages", book_search.page)
    app.connect("html-collect-pages", sharing.not_found)
    for change in (
        search.announce,
        drawing_library.share,
        live.add_to_page,
        page_footer.add,
        profile_notice.announce,
        paper.add_foot,
        head.add,
        own_page.add_to_page,
        without_scripts.add,
    ):
        app.connect("html-page-context", change)
    app.connect("html-page-context", launch.add_to_page, priority=502)
    # when all are written
    app.connect("build-finished", sharing.list_pages)
    app.connect("build-finished", written_pages.finish)
    app.connect("build-finished", joined_modules.write)
    # after the theme (500), which writes the colours of code then
    app.connect("build-finished", joined.join, priority=900)
    app.connect("build-finished", sharing.anchor_not_found, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
