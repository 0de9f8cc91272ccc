"""The command: pages are written to a folder, and the generator is run on it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torchlint import DOCUMENTATION

from . import site_rule_pages, tree

ROOT = Path(__file__).resolve().parent.parent.parent
_PROJECT = ("verification.md", "architecture.md", "checks.md")
_PALETTE = [
    {
        "media": f"(prefers-color-scheme: {scheme})",
        "scheme": colors,
        "primary": "indigo" if scheme == "light" else "black",
        "accent": "indigo",
        "toggle": {"icon": icon, "name": f"Switch to the {other} colours"},
    }
    for scheme, colors, icon, other in (
        ("light", "default", "material/weather-night", "dark"),
        ("dark", "slate", "material/weather-sunny", "light"),
    )
]
_EXTENSIONS: list[Any] = [
    "admonition",
    "attr_list",
    "sane_lists",
    "tables",
    "pymdownx.details",
    {"pymdownx.highlight": {"anchor_linenums": False}},
    "pymdownx.superfences",
    {"toc": {"permalink": True, "toc_depth": 3}},
]
_BROKEN = "warn"  # an error in strict mode


def main(argv: list[str] | None = None) -> int:
    """Write the tree and build it. Returns the exit code of the generator."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_site", description="Build the documentation site.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site", help="[build/site]")
    parser.add_argument("--tree", type=Path, help="keep the pages in Markdown in this folder")
    arguments = parser.parse_args(argv)
    if find_spec("material") is None:
        raise SystemExit("mkdocs-material is not installed: python -m pip install -e '.[docs]' -c constraints.txt")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.tree or Path(temporary)
        return build(folder.resolve(), arguments.out.resolve())


def build(folder: Path, out: Path) -> int:
    """Write pages and configuration to one folder and the site to another."""
    pages = tree.written()
    for page, text in pages.items():
        path = folder / "pages" / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    # JSON is YAML.
    configuration = folder / "mkdocs.yml"
    configuration.write_text(json.dumps(settings(folder / "pages", out), indent=2), encoding="utf-8")
    # Not `--quiet`: the strict mode counts the warnings that are printed.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "-f", str(configuration)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    result = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")
    said = result.stderr.splitlines()
    if result.returncode != 0:
        print(*(line for line in said if not line.startswith("INFO")), sep="\n", file=sys.stderr)
    return result.returncode


def settings(pages: Path, out: Path) -> dict[str, Any]:
    """The configuration of the generator."""
    return {
        "site_name": "torchlint",
        "site_url": DOCUMENTATION,
        "site_description": "A linter for PyTorch code whose every fix has been executed",
        "docs_dir": str(pages),
        "site_dir": str(out),
        "use_directory_urls": True,
        "theme": {
            "name": "material",
            # Fonts and scripts of other hosts would tell them who reads what.
            "font": False,
            "palette": _PALETTE,
            "features": [
                "navigation.tabs",
                "navigation.indexes",
                "navigation.prune",
                "navigation.top",
                "content.code.copy",
            ],
        },
        "extra_css": [tree.STYLE],
        "plugins": ["search"],
        "markdown_extensions": _EXTENSIONS,
        "validation": {
            "nav": {"omitted_files": _BROKEN, "not_found": _BROKEN, "absolute_links": _BROKEN},
            "links": dict.fromkeys(("not_found", "anchors", "absolute_links", "unrecognized_links"), _BROKEN),
        },
        "nav": navigation(),
    }


def navigation() -> list[Any]:
    """The pages in the order in which they are offered."""
    guides = [page for page in tree.guides() if page not in _PROJECT]
    rules = [
        {subject: [{f"{info.code} {info.name}": site_rule_pages.path_of(info)} for info in infos]}
        for subject, infos in site_rule_pages.by_subject()
    ]
    return [
        {"Home": tree.HOME},
        {"Use": [tree.GETTING_STARTED, tree.CONFIGURATION, *guides]},
        {"Rules": [tree.RULES, *rules]},
        {"Evidence": [tree.FIXES, "verification.md"]},
        {
            "Project": [
                tree.HOW_IT_WORKS,
                "architecture.md",
                {"Contributing a rule": "contributing.md"},
                "checks.md",
                "changelog.md",
                "security.md",
            ]
        },
    ]
