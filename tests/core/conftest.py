"""What several tests of the mathematics share."""

import jaxtyping
import pytest


@pytest.fixture
def own_checks_only(monkeypatch):
    """Shapes and types are checked at run time in the tests; not here, where it is about the package's own checks."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
