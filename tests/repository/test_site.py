"""The documentation site: a page for each finding, and no link that leads nowhere."""

from __future__ import annotations

import ast
import posixpath
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from checkout import ROOT

from tools.make_site import build, error_curves, markdown_text, site_rule_pages, tree
from torchlint import cli, demonstrated, links, registry

needs_mkdocs = pytest.mark.skipif(
    find_spec("material") is None,
    reason="mkdocs-material is not installed: it is the extra `docs`, which .ci/run builds",
)
CI_PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    return tree.written()


def test_each_rule_has_its_page_where_findings_link_to(site: dict[str, str]) -> None:
    for rule in registry.rules():
        page = site_rule_pages.path_of(rule)
        assert tree.address(page) == links.page_url(rule.code)
        assert site[page].startswith(f"# {rule.name} ({rule.code})\n")
        assert f"[{rule.name}]({rule.name}.md)" in site[tree.RULES]


def test_links_lead_to_pages_of_the_site(site: dict[str, str]) -> None:
    count = 0
    for page, text in site.items():
        for target in markdown_text.targets(text) if page.endswith(".md") else ():
            if re.match(r"https?://|#", target):
                continue
            count += 1
            path = target.partition("#")[0]
            assert posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) in site, f"{page}: {target}"
    assert count > len(registry.rules())


def test_each_page_is_offered_once(site: dict[str, str]) -> None:
    def pages(entry: object) -> list[str]:
        if isinstance(entry, str):
            return [entry]
        children = entry.values() if isinstance(entry, dict) else entry
        return [page for child in children for page in pages(child)]  # type: ignore[attr-defined]

    assert sorted(pages(build.navigation())) == sorted(page for page in site if page.endswith(".md"))


def test_each_section_of_the_readme_is_on_a_page(site: dict[str, str]) -> None:
    readme = markdown_text.sections((ROOT / "README.md").read_text(encoding="utf-8"))
    titles = {part.title for page in site if "/" not in page for part in markdown_text.sections(site[page])}
    left_out = {part.title for part in readme if part.level > 1} - titles
    assert left_out <= {"Rules", "License"}


def test_home_has_a_finding_its_fix_its_harm_and_its_evidence(site: dict[str, str]) -> None:
    home = site[tree.HOME]
    assert "docs/example.py:" in home
    assert "torch.log_softmax(logits, dim=1)" in home
    assert "inputs: the same results where the old code is right" in home
    seen = demonstrated.kept("TLT202")
    assert seen is not None
    assert seen.harm.split()[-1] in home


def test_a_rules_page_shows_its_example_as_a_diff(site: dict[str, str]) -> None:
    for rule in registry.rules():
        diff = site[site_rule_pages.path_of(rule)].partition("```diff\n")[2].partition("\n```")[0]
        assert re.search(r"^[+-]", diff, re.MULTILINE), rule.name
        assert not re.search(r"^(@@|---|\+\+\+) ", diff, re.MULTILINE), rule.name


def test_a_rules_page_has_the_numbers_and_the_programs_of_its_demonstration(site: dict[str, str]) -> None:
    for code in demonstrated.table():
        seen = demonstrated.kept(code)
        rule = next(rule for rule in registry.rules() if rule.code == code)
        text = site[site_rule_pages.path_of(rule)]
        assert seen is not None
        for name in {*seen.mistaken, *seen.mended}:
            assert f"| {name.replace('_', ' ')} |" in text, rule.name
        for name in ("mistaken", "mended"):
            assert re.search(rf"^    (def )?{name}\b", text, re.MULTILINE), rule.name


def test_a_rules_page_has_the_programs_in_which_the_rule_stays_silent(site: dict[str, str]) -> None:
    count = 0
    for rule in registry.rules():
        paths = (ROOT / "fixtures" / rule.name.replace("-", "_")).glob("*.py")
        nodes = [node for path in paths for node in ast.parse(path.read_text(encoding="utf-8")).body]
        for name in (node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)):
            is_shown = re.search(rf"^    (def|class) {name}\b", site[site_rule_pages.path_of(rule)], re.MULTILINE)
            assert not name.startswith("near_miss") or is_shown, name
            count += bool(is_shown)
    assert count > 2 * len(registry.rules())


def test_a_rules_page_has_its_evidence_as_a_table(site: dict[str, str]) -> None:
    rows = [line for line in site["rules/log-of-softmax.md"].splitlines() if line.startswith("| `log_softmax_by_hand`")]
    assert rows
    assert all(re.search(r"\| improves \| \d+ → 0 \| \de-\d → \de-\d \| [\d.]+x \|$", row) for row in rows)


def test_each_rewrite_that_is_better_at_some_sizes_has_its_error_curve(site: dict[str, str]) -> None:
    shown = 0
    for rule in registry.rules():
        wanted = error_curves.wanted(rule.code)
        labels = [label for label, _ in error_curves.figures(rule.code)]
        assert labels == [row["label"] for row in wanted], f"run `python -m tools.make_site.measure_curves {rule.code}`"
        assert site[site_rule_pages.path_of(rule)].count('<figure class="curves">') == len(wanted)
        shown += len(wanted)
    assert shown > 20
    assert site[tree.HOME].count('<figure class="curves">') == 1


def test_an_error_curve_says_where_which_version_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes, the worst errors before and after, and how many results are not finite before and after."""
    points = [[0.001, 0.5, 0.5, 0, 0], [1.0, 1e4, 1.0, 0, 0], [90.0, 1e300, 2.0, 7, 0], [1e10, 1.0, 1.0, 9, 3]]
    row = {"label": "a<b", "digest": "0"}
    monkeypatch.setattr(error_curves, "wanted", lambda code: [row])
    monkeypatch.setattr(error_curves, "table", lambda: {"0": {"value": points}})
    ((_, figure),) = error_curves.figures("TLT202")
    before = "before up to 1e+300 ulp and NaN or infinity at 90, 1e+10"
    after = "after up to 2 ulp and NaN or infinity at 1e+10"
    assert f"<title>a&lt;b, values: {before}; {after}</title>" in figure
    drawn = {
        side: re.findall(r"[\d.]+,([\d.]+)", re.findall(rf'"{side}" points="([^"]*)"', figure)[0])
        for side in ("before", "after")
    }
    heights = {side: [float(y) for y in found] for side, found in drawn.items()}
    # A unit in the last place is at the foot, and what is more than 1e8 at the top.
    foot, top = 166, 34
    assert heights["before"] == [foot, (foot + top) / 2, top, foot]
    assert heights["after"][:2] == [foot, foot]
    assert [figure.count(f'<path class="{side}"') for side in ("before", "after")] == [2, 1]
    monkeypatch.setattr(error_curves, "table", lambda: {"other": {"value": points}})
    assert error_curves.figures("TLT202") == []


def test_a_link_that_leads_nowhere_is_an_error() -> None:
    with pytest.raises(SystemExit, match=r"README\.md links to docs/gone\.md"):
        tree.relinked("[gone](docs/gone.md)", "README.md", tree.HOME)


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("README.md", "[editors](docs/editors.md#zed)", "[editors](editors.md#zed)"),
        ("docs/faq.md", "[home](../README.md)", "[home](getting_started.md)"),
        ("README.md", "docs/architecture.md has more", "[docs/architecture.md](architecture.md) has more"),
        ("README.md", "`docs/architecture.md`", "`docs/architecture.md`"),
        ("README.md", "[torch](https://pytorch.org/)", "[torch](https://pytorch.org/)"),
    ],
)
def test_links_follow_their_pages(source: str, text: str, expected: str) -> None:
    assert tree.relinked(text, source, "some.md") == expected + "\n"


def test_codes_in_prose_are_links_and_in_code_are_not() -> None:
    text = "TLT202, `# noqa: TLT202`, [TLT202](x), TLT999\n\n```python\nx  # TLT202\n```\n"
    linked = site_rule_pages.linked(text, "faq.md")
    assert linked == text.replace("TLT202,", "[TLT202](rules/log-of-softmax.md),", 1)
    assert site_rule_pages.linked("TLT202\n", "rules/log-of-softmax.md") == "TLT202\n"
    assert site_rule_pages.linked("TLT202\n", "rules/index.md") == "[TLT202](log-of-softmax.md)\n"


def test_lists_and_tables_begin_after_a_blank_line() -> None:
    text = "They are:\n- one\n  more\n- two\n\nText:\n| a |\n|---|\n```\ntext\n- no list\n```\n-\n[link](x)\n"
    expected = "They are:\n\n- one\n  more\n- two\n\nText:\n\n| a |\n|---|\n```\ntext\n- no list\n```\n\n- [link](x)\n"
    assert markdown_text.for_mkdocs(text) == expected


def test_a_fence_within_a_longer_fence_is_text() -> None:
    text = "# One\n````python\n```\n# not a heading\n```\n````\n```\nother\n```\n## Two\n"
    assert [part.title for part in markdown_text.sections(text)] == ["", "One", "Two"]
    assert markdown_text.code_blocks(text) == ["```\n# not a heading\n```", "other"]


def test_the_commands_of_the_recipes_are_ones_that_torchlint_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("import torch\n", encoding="utf-8")
    commands = re.findall(r"^[ -]*(?:run: )?torchlint (check .*?)(?: \|)?$", CI_PAGE, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        assert cli.main([*shlex.split(command), "--no-cache"]) == 0, capsys.readouterr().err


def test_exit_zero_hides_findings_and_not_what_could_not_be_checked(tmp_path: Path) -> None:
    """docs/ci.md says so."""
    path = tmp_path / "net.py"
    path.write_text("import torch\nx: torch.Tensor\nx.requires_grad_\n", encoding="utf-8")
    assert cli.main(["check", "--isolated", "--no-cache", "--exit-zero", str(path)]) == 0
    assert cli.main(["check", "--isolated", "--no-cache", "--exit-zero", str(tmp_path / "gone.py")]) == 2


def test_the_recipes_are_yaml_and_name_hooks_that_exist() -> None:
    recipes = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", CI_PAGE, re.DOTALL)]
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    named = [hook["id"] for recipe in recipes if "repos" in recipe for hook in recipe["repos"][0]["hooks"]]
    assert named
    assert set(named) <= hooks


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert build.build(folder / "tree", folder / "site") == 0
    return folder / "site"


@needs_mkdocs
def test_the_site_has_a_page_for_each_rule_and_loads_nothing_from_elsewhere(built: Path) -> None:
    for rule in registry.rules():
        assert (built / "rules" / rule.name / "index.html").is_file()
    loaded = re.compile(
        r"<(?:script|img|iframe)[^>]* src=\"?https?:|<link[^>]* rel=\"?(?:stylesheet|preconnect)[^>]*https?:"
    )
    for path in built.rglob("*.html"):
        assert not loaded.search(path.read_text(encoding="utf-8")), path
    for path in built.rglob("*.css"):
        assert not re.search(r"url\(\W?https?:|@import", path.read_text(encoding="utf-8")), path


@needs_mkdocs
@pytest.mark.parametrize(("link", "status"), [("index.md#torchlint", 0), ("gone.md", 1), ("index.md#gone", 1)])
def test_a_broken_link_ends_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str, status: int) -> None:
    pages = {"index.md": f"# torchlint\n\n[a link]({link})\n", "site.css": ""}
    monkeypatch.setattr(tree, "written", lambda: pages)
    monkeypatch.setattr(build, "navigation", lambda: ["index.md"])
    assert build.build(tmp_path / "tree", tmp_path / "site") == status
