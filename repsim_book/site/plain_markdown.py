"""A chapter's text for readers whose notebook knows Markdown and no MyST, as on Colab.

There a statement in a fence would be shown as code, its mathematics untypeset. So statements get headings in bold,
exercises and solutions headings of their own, equations keep their labels, and roles become the words that they stand
for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

FENCE = re.compile(r"(?P<mark>`{3,}|:{3,})(?:\{(?P<kind>[\w:-]+)\})?(?P<rest>.*)")
OPTION = re.compile(r":(?P<name>[\w-]+):\s*(?P<value>.*)")
ROLE = re.compile(r"\{(?P<name>[a-z]+(?::[a-z]+)?)\}`(?P<text>[^`]+)`")
TARGET = re.compile(r"(?P<text>.+?)\s*<(?P<target>[^<>]+)>", re.DOTALL)
# Between pieces of a text.
BREAK = "\x00"
SOLUTION = "#### Solution"
# The name of the heading below it.
NAMED = re.compile(r"\([\w-]+\)=")
TAGGED = re.compile(r"\$\$ *\((?P<label>[\w-]+)\)")


def titles(markdown: str) -> dict[str, str]:
    """What references to the labels of a text are to be called: `Theorem “The title”`, or `Theorem`.

    What a title says in brackets at its end, such as where the statement is from, is left out.
    """
    found: dict[str, str] = {}
    opened = ""
    for line in markdown.splitlines():
        if (fence := FENCE.fullmatch(line)) and fence["kind"]:
            opened = _headed(fence["kind"], re.sub(r"\s+\([^$]*\)$", "", fence["rest"].strip()), " “{}”")
        elif (option := OPTION.fullmatch(line)) and option["name"] == "label":
            found[option["value"]] = opened
    return found


def equations(markdown: str) -> list[str]:
    """The labels of the equations of a text, in the order in which pages number them."""
    found = re.findall(
        r"^ *(?:`{3,}|:{3,})\{math\}\n *:label: (\S+)|^.*\$\$ *\(([\w-]+)\)", markdown, re.MULTILINE
    )
    return [directive or dollars for directive, dollars in found]


@dataclass(frozen=True)
class Words:
    """What is said for references and results; those that are not known are said by their labels and names.

    Attributes:
        called: for labels of statements, exercises and equations, and for names of chapters.
        cited: for keys of works, the authors and the year.
        kept: the results of the chapter, by name.
    """

    called: Mapping[str, str] = field(default_factory=dict)
    cited: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    kept: Mapping[str, object] = field(default_factory=dict)


def pieces(markdown: str, words: Words) -> list[str]:
    """The text of a cell without MyST, in pieces: a heading `SOLUTION` is one, and an exercise begins one."""
    return [piece.strip("\n") for piece in _plain(markdown, words).split(BREAK) if piece.strip()]


def _plain(markdown: str, words: Words) -> str:
    out: list[str] = []
    open_fences: list[tuple[str, str]] = []  # the mark that closes each, and what is written then
    options = False  # whether the line could be an option of the directive just opened
    for line in markdown.splitlines():
        fence = FENCE.fullmatch(line.strip())
        literal = bool(open_fences) and open_fences[-1][1] == "```"
        if fence and open_fences and _closes(fence, open_fences[-1][0]):
            out += [open_fences.pop()[1]]
        elif fence and not literal:
            begin, end = _replaced(fence, words)
            open_fences.append((fence["mark"], end))
            out += [begin]
            options = fence["kind"] is not None
            continue
        elif options and (option := OPTION.fullmatch(line)):
            if option["name"] == "label" and open_fences[-1][1] == "$$":
                out += [_tag(option["value"], words)]
            continue
        elif literal:
            out += [line]
        elif open_fences and open_fences[-1][1] == "$$":
            out += [line] if line.strip() else []  # an empty line would end the mathematics
        elif not NAMED.fullmatch(line):
            line = TAGGED.sub(lambda tagged: f"{_tag(tagged['label'], words)}\n$$", line)
            out += [ROLE.sub(lambda role: _said(role, words), line)]
        options = False
    return "\n".join(out)


def _tag(label: str, words: Words) -> str:
    return rf"\tag{{{words.called.get(label, label)}}}"


def _replaced(fence: re.Match[str], words: Words) -> tuple[str, str]:
    """What stands for a fence: the line that opens it, and the one that closes it."""
    kind, title = fence["kind"], fence["rest"].strip()
    if kind is None:
        return f"```{title}", "```"
    if kind == "math":
        return "$$", "$$"
    if kind in ("solution", "solution-start"):
        return f"{BREAK}\n{SOLUTION}\n{BREAK}", BREAK if kind == "solution" else ""
    if kind == "solution-end":
        return BREAK, ""
    if kind == "prf:proof":
        return "*Proof.*\n", "∎"
    title = ROLE.sub(lambda role: _said(role, words), title)
    heading = _headed(kind, title, ": {}")
    return (f"{BREAK}\n### {heading}\n", BREAK) if kind == "exercise" else (f"**{heading}**\n", "")


def _closes(fence: re.Match[str], mark: str) -> bool:
    """Whether a fence closes one that was opened by `mark`."""
    plain = fence["kind"] is None and not fence["rest"].strip()
    return plain and fence["mark"][0] == mark[0] and len(fence["mark"]) >= len(mark)


def _headed(kind: str, title: str, form: str) -> str:
    """The heading of a statement: its kind, and its title in this form; a title that begins with the kind says both."""
    name = kind.rpartition(":")[2].capitalize()
    return title if title.startswith(name) else name + (form.format(title) if title else "")


def _said(role: re.Match[str], words: Words) -> str:
    """The words for a role."""
    name, text = role["name"], role["text"]
    titled = TARGET.fullmatch(text)
    if titled:
        return titled["text"]
    if name == "eq":
        return f"({words.called.get(text, text)})"
    if name.startswith("cite"):
        works = [words.cited.get(key.strip(), (key.strip(), "")) for key in text.split(",")]
        if name == "cite:t":
            return ", ".join(f"{who} [{year}]" if year else f"[{who}]" for who, year in works)
        return f"[{'; '.join(', '.join(filter(None, work)) for work in works)}]"
    if name == "term":
        return text
    if name in ("ref", "numref", "prf:ref", "doc"):
        return words.called.get(text, text)
    if name.startswith("py:"):
        return f"`{text.rpartition('.')[2] if text.startswith('~') else text}`"
    result, _, form = text.partition(":")
    return format(words.kept[result], form) if result in words.kept else f"`{result}`"
