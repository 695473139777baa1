"""A style sheet without the rules that no page can need: theirs are elements, classes and ids that nothing has."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import tinycss2

# At-rules that hold rules, and those that rules call by a name.
GROUPS = {"media", "supports", "layer", "container", "scope"}
NAMED = {"font-face", "keyframes", "-webkit-keyframes"}
ATTRIBUTE = r"""\b{}=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
CLASS, ID = (re.compile(ATTRIBUTE.format(name)) for name in ("class", "id"))
TAG = re.compile(r"<([a-zA-Z][\w-]*)")
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
WORD = re.compile(r"-?[A-Za-z_][\w-]*")
# A custom property that is asked for, by a style or by a script; and its declaration.
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)|['\"`](--[\w-]+)")
CUSTOM = re.compile(r"""(?<=[{;])\s*(--[\w-]+)\s*:(?:"[^"]*"|'[^']*'|\([^()]*\)|[^;{}"'])*(?:;|(?=\}))""")


@dataclass
class Names:
    """What selectors can meet: the names in pages, and all words of scripts, which may add any of them."""

    tags: set[str] = field(default_factory=lambda: {"html", "head", "body"})
    classes: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)  # custom properties that are asked for

    def read_page(self, html: str) -> None:
        """Add the names in a page."""
        self.tags.update(tag.lower() for tag in TAG.findall(html))
        for attribute, names in ((CLASS, self.classes), (ID, self.ids)):
            for values in set(attribute.findall(html)):
                names.update("".join(values).split())
        self.variables.update(_variables(html))
        for attributes, code in SCRIPT.findall(html):
            if "application/" not in attributes:  # data
                self.read_script(code)

    def read_script(self, code: str) -> None:
        """Add the words of a script."""
        self.words.update(WORD.findall(code))
        self.variables.update(_variables(code))

    def have(self, kind: str, name: str) -> bool:
        """Whether something has this name or may get it: kind is `tags`, `classes` or `ids`."""
        return name in getattr(self, kind) or name in self.words


@dataclass
class StyleSheet:
    """What is kept of style sheets, in their order: rules, and what these call by a name."""

    names: Names
    rules: list[tuple[str, str]] = field(default_factory=list)  # the name, if it has one, and the text

    def add(self, css: str, *, whole: bool = False) -> None:
        """Add the rules that can match, or all.

        Raises:
            ValueError: the style sheet cannot be read.
        """
        for node in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
            if node.type == "error":
                raise ValueError(f"line {node.source_line} of a style sheet: {node.message}")
            if node.type == "at-rule" and node.lower_at_keyword in NAMED:
                self.rules.append((_name(node), _at_rule(node)))
            elif text := _text(node, None if whole else self.names):
                self.rules.append(("", text))

    def text(self) -> str:
        """The rules, without fonts, animations and custom properties that nothing asks for."""
        plain = "".join(text for name, text in self.rules if not name)
        css = "".join(text for name, text in self.rules if name in plain)
        while True:
            used = self.names.variables | set(_variables(css))
            shorter = CUSTOM.sub(lambda found, used=used: found[0] if found[1] in used else "", css)
            if shorter == css:
                return css
            css = shorter


def _variables(text: str) -> Iterator[str]:
    return ("".join(pair) for pair in VARIABLE.findall(text))


def _text(node: Any, names: Names | None) -> str:
    """A rule with the selectors that can match; all of them where there are no names."""
    if node.type == "qualified-rule":
        selectors = _split(node.prelude)
        kept = [each for each in selectors if names is None or _can_match(each, names)]
        heads = ",".join(tinycss2.serialize(each).strip() for each in kept)
        return f"{heads}{{{_written(node.content)}}}" if heads else ""
    if node.lower_at_keyword not in GROUPS or node.content is None:
        return "" if node.lower_at_keyword == "charset" else _at_rule(node)
    inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
    rules = "".join(_text(each, names) for each in inner)
    return f"@{node.at_keyword} {_written(node.prelude)}{{{rules}}}" if rules else ""


def _at_rule(node: Any) -> str:
    content = ";" if node.content is None else f"{{{_written(node.content)}}}"
    return f"@{node.at_keyword} {_written(node.prelude)}{content}"


def _name(node: Any) -> str:
    if node.lower_at_keyword != "font-face":
        return _written(node.prelude)
    (family,) = (
        each
        for each in tinycss2.parse_blocks_contents(node.content)
        if each.type == "declaration" and each.lower_name == "font-family"
    )
    return _written(family.value).strip("\"'")


def _shortened(tokens: Iterable[Any]) -> list[Any]:
    """Tokens without comments, and with one space for any white space."""
    kept = [token for token in tokens if token.type != "comment"]
    for token in kept:
        if token.type == "whitespace":
            token.value = " "
    return kept


def _written(tokens: Iterable[Any]) -> str:
    return tinycss2.serialize(_shortened(tokens)).strip()


def _split(tokens: Iterable[Any]) -> list[list[Any]]:
    """A list of selectors, each as its tokens."""
    parts: list[list[Any]] = [[]]
    for token in _shortened(tokens):
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _can_match(selector: list[Any], names: Names) -> bool:
    """Whether all that a selector asks for can be there; attributes and what is to be absent are not looked at."""
    before = ""
    for token in selector:
        kind, there = token.type, True
        if kind == "ident" and before == ".":
            there = names.have("classes", token.value)
        elif kind == "ident" and before != ":":
            there = names.have("tags", token.lower_value)
        elif kind == "hash":
            there = names.have("ids", token.value)
        elif kind == "function" and token.lower_name in {"is", "where"}:
            there = any(_can_match(each, names) for each in _split(token.arguments))
        if not there:
            return False
        before = token.value if kind == "literal" else ""
    return True
