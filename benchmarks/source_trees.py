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

from benchmarks import programs

# Wheels of pure Python: they hold the sources as they are installed and need no build.
PINNED = {
    "timm": ("timm", "1.0.31"),
    "torch-geometric": ("torch_geometric", "2.8.1"),
    "speechbrain": ("speechbrain", "1.1.2"),
}
# A tree that is made here: so many small files, a third of which has to do with torch.
GENERATED = "generated"
_GENERATED_FILES, _IN_A_FOLDER = 10_000, 100
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
    """A pinned package's source tree, the generated one, or the folder of that name."""
    if name == GENERATED:
        folder = work / "trees" / f"{name}-{_GENERATED_FILES}"
        if not folder.is_dir():
            _generate(folder, _GENERATED_FILES)
        return Tree.at(name, folder)
    if name not in PINNED:
        folder = Path(name).resolve()
        if not folder.is_dir():
            raise SystemExit(f"no such tree: {name} (a folder, or one of {', '.join([*PINNED, GENERATED])})")
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


def _generate(folder: Path, files: int) -> None:
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    for number in range(files):
        package = unfinished / f"package{number // _IN_A_FOLDER:03}"
        package.mkdir(parents=True, exist_ok=True)
        text = programs.models(40, first=number) if number % 3 == 0 else programs.plain(40, number)
        (package / f"module{number:05}.py").write_text(text, encoding="utf-8")
    unfinished.rename(folder)


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
