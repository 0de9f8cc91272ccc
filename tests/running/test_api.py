"""`torchlint.api`: the same findings whoever does the work, and none lost with a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hang_guard import HANG_GUARD

from torchlint.api import Checked, ConfigError, lint_paths

FAULTY = "import torch\n\n\ndef f(x):\n    return torch.log(torch.softmax(x, -1))\n"
CLEAN = "import torch\n\n\ndef f(x):\n    return torch.log_softmax(x, -1)\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(6):
        (tmp_path / f"faulty{number}.py").write_text(FAULTY, encoding="utf-8")
        (tmp_path / f"clean{number}.py").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "broken.py").write_text("import torch\ndef (\n", encoding="utf-8")
    return tmp_path


def told(checked: Iterator[Checked]) -> dict[str, list[str]]:
    return {Path(one.path).name: [finding.code for finding in one.findings] for one in checked}


EXPECTED = {
    **{f"faulty{number}.py": ["TLT202"] for number in range(6)},
    **{f"clean{number}.py": [] for number in range(6)},
    "broken.py": ["invalid-syntax"],
}


def test_without_an_executor_all_files_come(tree: Path) -> None:
    assert told(lint_paths([tree], isolated=True)) == EXPECTED


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_gives_the_same(kind: Callable[[int], Executor], tree: Path) -> None:
    with kind(2) as executor:
        assert told(lint_paths([tree], executor=executor, isolated=True)) == EXPECTED


class Losing(Executor):
    """An executor that loses all that it is given, in one of the ways in which executors do."""

    def __init__(self, error: BaseException | None) -> None:
        self._error = error

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if isinstance(self._error, RuntimeError):
            raise self._error
        if self._error is None:
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_exception(self._error)
        return future


@pytest.mark.parametrize("error", [None, MemoryError(), RuntimeError("shut down"), OSError(), CancelledError()])
def test_a_lost_worker_costs_nothing(error: BaseException | None, tree: Path) -> None:
    assert told(lint_paths([tree], executor=Losing(error), isolated=True)) == EXPECTED


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_pool_that_broke_costs_nothing(tree: Path) -> None:
    with ProcessPoolExecutor(1) as executor:
        executor.submit(_end).exception(HANG_GUARD)
        assert told(lint_paths([tree], executor=executor, isolated=True)) == EXPECTED


class Idle(Executor):
    """An executor that never begins."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.futures.append(Future())
        if len(self.futures) == 1:
            self.futures[0].set_result(fn(*args, **kwargs))
        return self.futures[-1]


def test_files_come_as_they_are_done_and_the_rest_is_taken_back(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"large{number}.py").write_text(CLEAN + "# " + "x" * 1_000_000 + "\n", encoding="utf-8")
    executor = Idle()
    checked = lint_paths([tmp_path], executor=executor, isolated=True)
    assert next(iter(checked)).findings == ()
    checked.close()  # type: ignore[attr-defined]
    assert len(executor.futures) > 1
    assert all(future.cancelled() for future in executor.futures[1:])


def test_paths_are_absolute_and_missing_files_are_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    missing, found = lint_paths(["gone.py", "faulty0.py"], isolated=True)
    assert missing == Checked(str(tree / "gone.py"), error="no such file or directory")
    assert found.path == str(tree / "faulty0.py")


def test_settings_win_over_files(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.torchlint]\nselect = ["TLT1"]\n', encoding="utf-8")
    assert told(lint_paths([tree / "faulty0.py"])) == {"faulty0.py": []}
    assert told(lint_paths([tree / "faulty0.py"], settings={"select": ["TLT202"]})) == {"faulty0.py": ["TLT202"]}


def test_a_mistake_in_the_settings_is_told_at_once() -> None:
    with pytest.raises(ConfigError, match="selct"):
        lint_paths(settings={"selct": []})


def test_dask_workers_give_the_same_also_when_one_is_killed(tree: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed (extra `dask`)")
    with ExitStack() as stack:
        options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
        cluster = stack.enter_context(distributed.LocalCluster(**options))
        client = stack.enter_context(distributed.Client(cluster))
        executor = client.get_executor()
        assert told(lint_paths([tree], executor=executor, isolated=True)) == EXPECTED
        nanny = next(iter(cluster.workers.values()))
        os.kill(nanny.pid, signal.SIGKILL)
        assert told(lint_paths([tree], executor=executor, isolated=True)) == EXPECTED
