"""The report: self-contained, with curves, bars, the strip and the approximations; and the curve of one line."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hang_guard import HANG_GUARD

torch = pytest.importorskip("torch")
pytest.importorskip("gmpy2")
pytest.importorskip("matplotlib")

from torchlint.verify.report.page import render  # noqa: E402
from torchlint.verify.report.row import Row  # noqa: E402
from torchlint.verify.report.terminal_table import curve, curves, table  # noqa: E402
from torchlint.verify.run import speed  # noqa: E402
from torchlint.verify.suite import Task, execute  # noqa: E402

pytestmark = pytest.mark.xdist_group("report")

NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        # No size is given up because the machine is busy.
        patch.setattr(speed, "BUDGET", HANG_GUARD)
        return [row for code in ("TLT206", "TLT204") for row in execute(Task("pair", code, tier="full"))]


@pytest.fixture(scope="module")
def page(rows: list[Row]) -> str:
    other = Row(**(rows[0].as_json() | {"device": "NVIDIA H100", "machine": "NVIDIA H100", "kind": "program"}))
    other.milliseconds, other.speed = [4.0, 2.0, 0.0, 0.0], (2.0, 0.0)
    return render([*rows, other])


def figures(page: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", page, re.DOTALL)


def words(figure: str) -> list[str]:
    return [(node.text or "").strip() for node in ElementTree.fromstring(figure).iter() if node.tag.endswith("text")]


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    assert set(re.findall(r"https?://[^\"'<> )]*", page)) <= NAMESPACES
    assert not re.findall(r"<script|<link|<img|@import|url\((?!#)", page)


def test_there_is_a_panel_for_each_dtype_and_quantity(page: str) -> None:
    shown = next(words(figure) for figure in figures(page) if "float64, value" in words(figure))
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        assert f"{dtype}, value" in shown
        assert f"{dtype}, gradient" in shown
    assert {"before", "after", "before: nan or inf", "after: nan or inf"} <= set(shown)


def test_bars_name_times_and_sizes_for_each_device(page: str, rows: list[Row]) -> None:
    bars = [words(figure) for figure in figures(page) if "forward and backward" in words(figure)]
    assert len(bars) == 2
    before, after = rows[0].milliseconds[:2]
    assert f"{rows[0].speed[0]:.2g}x, {before:.3g} to {after:.3g} ms, 2048x256" in bars[0]
    assert "2x, 4 to 2 ms, 2048x256" in bars[1]
    assert "Programs of fixtures on NVIDIA H100" in page


def test_the_same_rows_give_the_same_page(rows: list[Row]) -> None:
    assert render(rows[:1]) == render(rows[:1])


def test_approximations_and_the_strip_are_there(page: str) -> None:
    text = re.sub(r"<[^>]*>", "", page)
    assert "at a precision that no longer matters" in text
    assert re.search(r"a search of \d+ steps for worse inputs refuses nothing", text)
    assert '<li class="same">no_grad</li>' in page
    assert '<li class="better">+ ' in page
    assert "proven" not in text


def test_text_of_rows_is_escaped() -> None:
    row = Row("TLT999", "a", "pair", "<script>", "same", verdict="CHANGES", detail="a < b & c", reproducer="x < 1")
    page = render([row])
    assert "<script>" not in page
    assert "a &lt; b &amp; c" in page


def test_a_curve_in_one_line() -> None:
    row = Row("TLT999", "a", "pair", "f", "stabilises")
    for magnitude, before, lost in ((1e-8, 0.5, 0), (1.0, 2.0**12, 0), (90.0, 2.0**24, 0), (1e4, 0.0, 3)):
        row.curves[f"float32 value {magnitude:g}"] = {
            "ulps_before": before,
            "ulps_after": 0.5,
            "nonfinite_before": lost,
            "nonfinite_after": 0,
        }
    assert curve(row, "float32", "value", "before") == " +@X"
    assert curves(row) == ["        value    before | +@X|  after |    |"]


def test_the_table_has_all_columns(rows: list[Row]) -> None:
    lines = table(rows).splitlines()
    for head in ("rule", "verdict", "dtypes", "ranks", "points", "value error", "gradient error", "forward"):
        assert head in lines[0]
    first = next(line for line in lines if "by_hand " in line)
    assert re.search(r"IMPROVES +f64 f32 f16 bf16 +0-4 +\d+ ", first)
    assert re.search(r"nan/inf \d+ -> 0", first)
    assert re.search(r"[\d.]+x, [\d.]+x$", first)
