"""The page on which readers compare two models of their own: its version, its style, and two small models to try it."""

import base64
import io
import re
import zipfile
from importlib.metadata import version
from typing import Any

PAGE = "book/compare_here"
# The links to the samples, by the names of their files.
_SAMPLE = re.compile(r'href="#" data-sample download="([^"]+)"')
# A date for the members of an archive, which need one: the same models are to give the same file.
_DATE = (2025, 1, 1, 0, 0, 0)


def add_to_page(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the page the version for its reports, give it its style sheet, and put the samples into their links.

    As data in the page they are there, too, where the page is opened from a disk.
    """
    if pagename == PAGE:
        app.add_css_file("own.css")
        said = f'data-version="{version("repsim-core")}"'
        found = {name: base64.b64encode(data).decode() for name, data in samples().items()}

        def link(sample: re.Match[str]) -> str:
            data = f"data:application/octet-stream;base64,{found[sample[1]]}"
            return f'href="{data}" data-sample download="{sample[1]}"'

        context["body"] = _SAMPLE.sub(link, context["body"].replace('data-version=""', said))


def samples() -> dict[str, bytes]:
    """The permuted circles of Table 1 in both kinds of file, the second with names as other libraries give them."""
    import numpy as np
    from safetensors.numpy import save

    from repsim_core.constructions import permuted_circles

    one, two = permuted_circles(7, rho=8.0, inputs_per_class=40)
    arrays = [
        [
            np.ascontiguousarray(x, dtype)
            for x, dtype in ((model.embeddings, "f4"), (model.unembeddings, "f4"), (model.labels, "u1"))
        ]
        for model in (one, two)
    ]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in zip(("embeddings", "unembeddings", "labels"), arrays[0], strict=True):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.getvalue())
    named: dict[str, np.ndarray] = dict(zip(("hidden_states", "lm_head.weight", "y"), arrays[1], strict=True))
    return {"circle.npz": stream.getvalue(), "star.safetensors": save(named)}
