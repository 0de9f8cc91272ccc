"""Rules of a project in the language server, which runs them only where the user's own configuration allows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor_session import session
from rule_projects import OF_TORCH, PROGRAM, project, rule, write

pytestmark = [pytest.mark.asyncio, pytest.mark.xdist_group("language server")]


@pytest.fixture
def allowing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration of the user's that allows the rules of all projects."""
    write(tmp_path / "home" / "torchlint" / "config.toml", "allow-local-rules = true\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


@pytest.mark.usefixtures("allowing")
async def test_what_the_user_allows_is_shown_while_typing(tmp_path: Path) -> None:
    async with session(project(tmp_path / "acme")) as editor:
        uri = editor.open("program.py", PROGRAM)
        (found,) = await editor.codes(uri, "ACM101")
        assert found.range.start.line == 4
        assert "use `acme.open`" in found.message
        editor.replace(uri, PROGRAM.replace("acme.load", "acme.open"))
        await editor.codes(uri)


@pytest.mark.usefixtures("allowing")
async def test_a_rule_that_crashes_costs_no_other_finding(tmp_path: Path) -> None:
    crashing = rule("ACM102").replace("yield Problem(call.node)", "raise KeyError(call)")
    folder = project(tmp_path / "acme", rules={"old_load.py": rule(), "crashes.py": crashing})
    async with session(folder) as editor:
        uri = editor.open("both.py", PROGRAM + OF_TORCH)
        shown = await editor.codes(uri, "ACM101", "TLT202")
        assert [each.range.start.line for each in shown] == [4, 9]


async def test_nobody_runs_them_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no configuration"))
    telling = rule().replace("class OldLoad", f"open({str(tmp_path / 'it ran')!r}, 'w').close()\n\n\nclass OldLoad")
    async with session(project(tmp_path / "acme", rules={"old_load.py": telling})) as editor:
        uri = editor.open("both.py", PROGRAM + OF_TORCH)
        await editor.codes(uri, "TLT202")
    assert not (tmp_path / "it ran").exists()
