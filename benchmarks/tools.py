"""The tools that are compared, each in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = "torchlint"
# Our own findings cache, filled by a run that is not measured.
WARM = "torchlint-warm"
# Stands for a folder of the benchmark in a tool's arguments.
CACHE = "{cache}"


@dataclass(frozen=True, slots=True)
class Tool:
    """A command line tool: what to install and how to call it on a tree, in one process and without a cache."""

    name: str
    requirements: tuple[str, ...]
    arguments: tuple[str, ...]
    note: str = ""

    @property
    def program(self) -> str:
        return self.arguments[0]


_FLAKE8 = "flake8==7.5.0"

# `--isolated` and its like: a configuration that happens to lie above the tree must not decide what is measured.
TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            OURS,
            (str(ROOT),),
            ("torchlint", "check", "--isolated", "--no-cache", "-j", "1", "--output-format", "concise"),
            "default rules",
        ),
        Tool(
            WARM,
            (str(ROOT),),
            ("torchlint", "check", "--isolated", "-j", "1", "--output-format", "concise", "--cache-dir", CACHE),
            "nothing changed since the run before",
        ),
        Tool("ruff", ("ruff==0.17.5",), ("ruff", "check", "--isolated", "--no-cache", "--quiet"), "default rules"),
        Tool("flake8", (_FLAKE8,), ("flake8", "--isolated", "-j", "1"), "default rules"),
        Tool(
            "flake8+torchlint",
            (_FLAKE8, str(ROOT)),
            ("flake8", "--isolated", "-j", "1"),
            "default rules of both",
        ),
        Tool("torchfix", ("torchfix==0.7.0",), ("torchfix", "--select", "ALL", "-j", "1"), "all rules"),
        Tool(
            "torch-preflight",
            ("torch-preflight==0.5.0",),
            ("torch-preflight", "check", "--no-color", "-j", "1"),
            "default rules",
        ),
        Tool("fixit", ("fixit==2.2.1",), ("fixit", "--quiet", "lint"), "default rules, a process per core"),
    )
}


@dataclass(frozen=True, slots=True)
class Installed:
    """A tool that can be run: the path of its program and the version it reports as installed."""

    tool: Tool
    program: Path
    version: str

    def command(self, tree: Path, cache: Path) -> list[str]:
        arguments = [str(cache) if argument == CACHE else argument for argument in self.tool.arguments[1:]]
        return [str(self.program), *arguments, str(tree)]


def install(tool: Tool, work: Path) -> Installed:
    """Make the tool's environment, or use the one of an earlier run; our own sources are installed anew each time."""
    folder = work / "environments" / "-".join((tool.name, f"py{sys.version_info.major}{sys.version_info.minor}"))
    python = folder / "bin" / "python"
    ready = folder / "ready"
    wanted = "\n".join(tool.requirements)
    local = str(ROOT) in tool.requirements
    if local or not ready.exists() or ready.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        copy = str(_copy(work)) if local else ""
        requirements = [copy if name == str(ROOT) else name for name in tool.requirements]
        subprocess.run([*pip, "install", "--compile", *requirements], check=True)
        ready.write_text(wanted)
    package = OURS if local else tool.program
    return Installed(tool, folder / "bin" / tool.program, _version(python, package))


def _copy(work: Path) -> Path:
    """Our sources, to be built elsewhere: a build in the checkout leaves a folder that gets into the next one."""
    copy = work / "sources"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info"))
    return copy


def installed_here(tool: Tool) -> Installed:
    """The tool of the environment that runs the benchmark."""
    python = Path(sys.executable)
    return Installed(tool, python.with_name(tool.program), _version(python, tool.program))


def _version(python: Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()
