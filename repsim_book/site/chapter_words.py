"""What the chapters' texts call statements, equations, chapters and works, where there are no links."""

from collections.abc import Iterable
from pathlib import Path

from repsim_book.chapters import Chapter
from repsim_book.paths import REFERENCES
from repsim_book.site.plain_markdown import Words, equations, titles


def chapter_words(root: Path, chapters: Iterable[Chapter]) -> Words:
    """The words for references to these chapters, to what they label, and to what the book cites."""
    called = {}
    for chapter in chapters:
        called[chapter.name] = chapter.title
        texts = [cell.source for cell in chapter.notebook.cells if cell.cell_type == "markdown"]
        labels = [label for text in texts for label in equations(text)]
        called |= {label: str(number) for number, label in enumerate(labels, start=1)}
        for text in texts:
            called |= titles(text)
    return Words(called, _cited(root / REFERENCES))


def _cited(bibliography: Path) -> dict[str, tuple[str, str]]:
    """The authors and the year of each work, by its key, as the pages have them; none without a bibliography."""
    if not bibliography.is_file():
        return {}
    from pybtex.database import parse_file
    from pybtex.richtext import Text

    cited = {}
    for key, work in parse_file(str(bibliography), "bibtex").entries.items():
        names = [str(Text.from_latex(" ".join(p.last_names))) for p in work.persons["author"]]
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        cited[key] = (who, work.fields["year"])
    return cited
