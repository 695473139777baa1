"""The executed notebooks that pages offer for download, in words that every notebook shows."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from repsim_book.chapters import chapter_paths, read_chapter
from repsim_book.execution.results import extract_results
from repsim_book.paths import CHAPTERS, PUBLISHED
from repsim_book.site.chapter_words import chapter_words
from repsim_book.site.plain_notebook import plain_notebook


def executed_notebooks(root: Path, sources: Mapping[str, bytes], names: Collection[str]) -> dict[str, bytes]:
    """The notebooks of these chapters with their outputs and without MyST, by their path in the sources of Sphinx.

    Args:
        root: the folder of the book.
        sources: what Sphinx reads, from `sources.gather`.
        names: of the chapters.
    """
    import nbformat

    chapters = {name: path for name, path in chapter_paths(root).items() if name in names}
    words = chapter_words(root, map(read_chapter, chapters.values()))
    files = {}
    for name in names:
        notebook = nbformat.reads(sources[f"{CHAPTERS}/{name}.ipynb"].decode(), as_version=4)
        plain = plain_notebook(notebook, replace(words, kept=extract_results(notebook)[0]))
        plain.metadata.pop("source_map", None)
        files[f"{PUBLISHED}_sources/{CHAPTERS}/{name}.ipynb"] = nbformat.writes(plain).encode()
    return files
