from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from torchlint import registry

# How long an example takes says more of the machine than of the code.
settings.register_profile("no deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write the fixed goldens of the fixtures anew")


def pytest_configure(config: pytest.Config) -> None:
    """Under `-n .. --dist loadgroup` the tests of an `xdist_group` share a process, and so what is dear to set up."""
    config.addinivalue_line("markers", "xdist_group(name): tests that run in one process")


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the tests' own, where the secret of the verdicts goes."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        # Where a user's own state is, by system: see `torchlint.running.seal`.
        name = {"darwin": "HOME", "win32": "LOCALAPPDATA"}.get(sys.platform, "XDG_STATE_HOME")
        environment.setenv(name, str(folder))
        yield folder


@pytest.fixture(autouse=True)
def no_rules_of_others() -> Iterator[None]:
    """A test reads no rules of folders for the tests after it."""
    yield
    registry.forget_folders()


@pytest.fixture(scope="session", autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty folder that the tests run in: a program that one makes up is not part of this project, whose files would
    all be read for what they import."""
    with pytest.MonkeyPatch.context() as process:
        process.chdir(tmp_path_factory.mktemp("elsewhere"))
        yield


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own folder, in which it runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Processes of the test answer to Ctrl-C, also where the tests run in the background and ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
