"""A chapter's text for readers whose notebook knows Markdown and no MyST, as on Colab.

There a statement in a fence would be shown as code, its mathematics untypeset. So fences become headings in bold,
hidden solutions stay hidden, equations keep their labels, and roles become the words that they stand for.
"""

import re
from collections.abc import Mapping

FENCE = re.compile(r"(?P<mark>`{3,}|:{3,})(?:\{(?P<kind>[\w:-]+)\})?(?P<rest>.*)")
OPTION = re.compile(r":(?P<name>[\w-]+):\s*(?P<value>.*)")
ROLE = re.compile(r"\{(?P<name>[a-z]+(?::[a-z]+)?)\}`(?P<text>[^`]+)`")
TARGET = re.compile(r"(?P<text>.+?)\s*<(?P<target>[^<>]+)>", re.DOTALL)
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


def plain(markdown: str, called: Mapping[str, str]) -> str:
    """The text of a cell without MyST.

    Args:
        markdown: the text.
        called: what is said for references to labels and chapters, by label and by name; others are said as they are.
    """
    out: list[str] = []
    open_fences: list[tuple[str, str]] = []  # the mark that closes each, and what is written then
    options = False  # whether the line could be an option of the directive just opened
    for line in markdown.splitlines():
        fence = FENCE.fullmatch(line.strip())
        literal = bool(open_fences) and open_fences[-1][1] == "```"
        if fence and open_fences and _closes(fence, open_fences[-1][0]):
            out += [open_fences.pop()[1]]
        elif fence and not literal:
            begin, end = _replaced(fence, called)
            open_fences.append((fence["mark"], end))
            out += [begin]
            options = fence["kind"] is not None
            continue
        elif options and (option := OPTION.fullmatch(line)):
            if option["name"] == "label" and open_fences[-1][1] == "$$":
                out += [rf"\tag{{{option['value']}}}"]
            continue
        elif literal:
            out += [line]
        elif open_fences and open_fences[-1][1] == "$$":
            out += [line] if line.strip() else []  # an empty line would end the mathematics
        else:
            out += [TAGGED.sub(r"\\tag{\g<label>}\n$$", ROLE.sub(lambda role: _said(role, called), line))]
        options = False
    return "\n".join(out)


def _replaced(fence: re.Match[str], called: Mapping[str, str]) -> tuple[str, str]:
    """What stands for a fence: the line that opens it, and the one that closes it."""
    kind, title = fence["kind"], fence["rest"].strip()
    if kind is None:
        return f"```{title}", "```"
    if kind == "math":
        return "$$", "$$"
    if kind == "solution":
        return "<details><summary>Solution</summary>\n", "\n</details>"
    if kind == "prf:proof":
        return "*Proof.*\n", "∎"
    title = ROLE.sub(lambda role: _said(role, called), title)
    return f"**{_headed(kind, title, ': {}')}**\n", ""


def _closes(fence: re.Match[str], mark: str) -> bool:
    """Whether a fence closes one that was opened by `mark`."""
    plain = fence["kind"] is None and not fence["rest"].strip()
    return plain and fence["mark"][0] == mark[0] and len(fence["mark"]) >= len(mark)


def _headed(kind: str, title: str, form: str) -> str:
    """The heading of a statement: its kind, and its title in this form; a title that begins with the kind says both."""
    name = kind.rpartition(":")[2].capitalize()
    return title if title.startswith(name) else name + (form.format(title) if title else "")


def _said(role: re.Match[str], called: Mapping[str, str]) -> str:
    """The words for a role."""
    name, text = role["name"], role["text"]
    titled = TARGET.fullmatch(text)
    if titled:
        return titled["text"]
    if name == "eq":
        return f"({text})"
    if name.startswith("cite"):
        return f"[{text}]"
    if name in ("ref", "prf:ref", "doc"):
        return called.get(text, text)
    return f"`{text.partition(':')[0]}`"  # a result, by its name: the numbers come when the notebook is run
