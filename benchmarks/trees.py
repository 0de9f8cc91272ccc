"""The source trees that the tools are run on: pinned packages from the package index, or any folder."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

# Wheels of pure Python: they hold the sources as they are installed and need no build.
PINNED = {
    "timm": ("timm", "1.0.31"),
    "torch-geometric": ("torch_geometric", "2.8.1"),
    "speechbrain": ("speechbrain", "1.1.2"),
}
SEED = 7
# Outside of the checkout: no tool may find our own configuration, or a `.gitignore` that hides the trees.
WORK = Path(tempfile.gettempdir()) / "torchlint-benchmarks"


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of Python files and its size."""

    name: str
    path: Path
    files: int
    lines: int

    @classmethod
    def at(cls, name: str, path: Path) -> Tree:
        files = python_files(path)
        return cls(name, path, len(files), sum(file.read_bytes().count(b"\n") for file in files))


def python_files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py"))


def obtain(name: str, work: Path) -> Tree:
    """A pinned package's source tree, or the folder of that name."""
    if name not in PINNED:
        folder = Path(name).resolve()
        if not folder.is_dir():
            raise SystemExit(f"no such tree: {name} (a folder, or one of {', '.join(PINNED)})")
        return Tree.at(folder.name, folder)
    package, version = PINNED[name]
    folder = work / "trees" / f"{name}-{version}"
    if not folder.is_dir():
        _download(f"{name}=={version}", folder)
    return Tree.at(f"{name} {version}", folder / package)


def _download(requirement: str, folder: Path) -> None:
    wheels = folder.with_name(folder.name + ".wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "download", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels), requirement], check=True
    )
    (wheel,) = wheels.glob("*.whl")
    unpacked = folder.with_name(folder.name + ".part")
    shutil.rmtree(unpacked, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    unpacked.rename(folder)
    shutil.rmtree(wheels)


def sample(tree: Tree, count: int, work: Path) -> Tree:
    """A tree of `count` whole files of another one, the same ones each time; the tree itself if it has no more."""
    files = python_files(tree.path)
    if count >= len(files):
        return tree
    folder = work / "samples" / f"{tree.name.replace(' ', '-')}-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    for file in random.Random(SEED).sample(files, count):
        target = folder / file.relative_to(tree.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return Tree.at(f"{tree.name}, {count} files", folder)
