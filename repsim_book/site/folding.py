"""What is folded on a page until a reader opens it, and open on paper: solutions, and long proofs.

They are written as `<details>`, which browsers open and close by themselves, and open where a link or a search of the
page leads into them. Statements and short proofs stay as they are.
"""

from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node
from sphinx_proof.nodes import NODE_TYPES, proof_node

# Letters of a proof that is folded, its formulas in TeX: about a screen of a phone.
LONG = 900
_PROOF = "Proof. "


class fold(nodes.General, nodes.Element):
    """What is folded: a `fold_title`, and the rest."""


class fold_title(nodes.TextElement):
    """What is seen of it while it is folded."""


class Fold(SphinxPostTransform):
    """Folds the solutions and the long proofs of a page, when the titles of solutions have their texts."""

    default_priority = 190
    formats = ("html",)

    def run(self, **_: Any) -> None:
        for solution in list(self.document.findall(solution_node)):
            title, *content = solution.children
            assert isinstance(title, nodes.title)
            _fold(solution, title, content)
        statements = tuple(NODE_TYPES.values())
        proved: nodes.Element | None = None
        for node in list(self.document.findall(nodes.Element)):
            if isinstance(node, statements):
                proved = node
            elif isinstance(node, proof_node) and len(node.astext()) > LONG:
                (proof,) = node.children
                assert isinstance(proof, nodes.Element)
                _without_first_word(proof)
                title = nodes.title("", self._name(proved))
                _fold(proof, title, proof.children)

    def _name(self, proved: nodes.Element | None) -> str:
        """What a proof is called: by the statement that stands before it."""
        if proved is None:
            return "Proof"
        numbers = self.env.toc_fignumbers[self.env.docname][proved["countertype"]][proved["ids"][0]]
        return f"Proof of {proved['realtype'].capitalize()} {'.'.join(map(str, numbers))}"


def _fold(node: nodes.Element, title: nodes.Element, content: list[nodes.Node]) -> None:
    """Put a fold in the place of a node; of links in the title the text is left, as the title itself is clicked."""
    for link in list(title.findall(nodes.reference)):
        link.replace_self(link.children)
    name = fold_title("", "", *title.children)
    node.replace_self(fold("", name, *content, classes=["repsim-fold", *node["classes"]], ids=node["ids"]))


def _without_first_word(proof: nodes.Element) -> None:
    """The word that begins every proof is in the title of a folded one."""
    text = next(iter(proof.findall(nodes.Text)))
    if text.startswith(_PROOF):
        text.parent.replace(text, nodes.Text(text.removeprefix(_PROOF)))


def visit_fold(writer: Any, node: nodes.Element) -> None:
    writer.body.append(writer.starttag(node, "details"))


def depart_fold(writer: Any, node: nodes.Element) -> None:
    writer.body.append("</details>\n")


def visit_title(writer: Any, node: nodes.Element) -> None:
    writer.body.append("<summary>")


def depart_title(writer: Any, node: nodes.Element) -> None:
    writer.body.append("</summary>\n")


def setup_folds(app: Any) -> None:
    """Register with Sphinx."""
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(fold_title, html=(visit_title, depart_title))
    app.add_post_transform(Fold)
