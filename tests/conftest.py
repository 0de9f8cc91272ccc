from __future__ import annotations

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write the fixed goldens of the fixtures anew")


def pytest_configure(config: pytest.Config) -> None:
    """Under `-n` the tests of an `xdist_group` share a process, and so what is dear to set up."""
    config.addinivalue_line("markers", "xdist_group(name): tests that run in one process")
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadgroup"
