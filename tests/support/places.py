"""Where tests find what is not Python."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent  # of the book
BOOK = TESTS / "fixtures" / "book"  # a small one
CLASSROOM = TESTS / "fixtures" / "classroom"  # a book with one assignment
GOLDEN = TESTS / "golden"
SUPPORT = TESTS / "support"
# CIFAR-10 as images, where a machine has it beside the book.
CIFAR_COPY = ROOT.parent / "shared" / "data" / "cifar10-images.tar.xz"
# Addresses of the pages that a person wrote, in the book's order.
PAGES = [
    f"{name}.html"
    for name in re.findall(r"(?:root|file): (\S+)$", (ROOT / "_toc.yml").read_text("utf-8"), re.MULTILINE)
]
