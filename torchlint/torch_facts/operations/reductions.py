"""Sums, extremes, order and statistics."""

from __future__ import annotations

from torchlint.torch_facts.rows import family, op

reduction = family(shape="reduced")
# Along a dim that stays.
along_dim = family(shape="same")

ROWS = (
    reduction("all", dtype="bool", grad=False),
    reduction("amax", raises="complex", upper=True, saves_output=True),
    reduction("amin", raises="complex", lower=True, saves_output=True),
    reduction("aminmax", gives="tuple", fields="min max", raises="complex"),
    reduction("any", dtype="bool", grad=False),
    reduction("argmax", dtype="int64", raises="bool complex", range="nonnegative", grad=False),
    reduction("argmin", dtype="int64", raises="bool complex", range="nonnegative", grad=False),
    reduction("count_nonzero", dtype="int64", range="nonnegative", grad=False),
    reduction("logsumexp", dtype="float", tensors_only=True, upper=True, shape="one dim", saves_output=True),
    reduction("max", gives="varies", fields="values indices", several_with="dim", raises="complex", upper=True),
    reduction("mean", raises="int bool", sums=True),
    reduction("median", gives="varies", fields="values indices", several_with="dim", raises="bool complex"),
    reduction("min", gives="varies", fields="values indices", several_with="dim", raises="complex", lower=True),
    reduction("mode", gives="tuple", fields="values indices", raises="complex", shape="one dim"),
    reduction("nanmean", raises="int bool complex", sums=True),
    reduction("nanmedian", gives="varies", fields="values indices", several_with="dim", raises="bool complex"),
    reduction("nanquantile", raises="int bool complex", shape=""),
    reduction("nansum", dtype="sum", raises="complex", sums=True),
    reduction("norm", real=True, raises="int bool", range="nonnegative", saves_output=True),
    reduction("nuclear_norm", real=True, raises="int bool", shape="", range="nonnegative"),
    reduction("frobenius_norm", real=True, raises="int bool", shape="", range="nonnegative", saves_output=True),
    reduction("prod", dtype="sum", saves_output=True),
    reduction("quantile", raises="int bool complex", shape=""),
    reduction("std", real=True, raises="int bool", range="nonnegative", saves_output=True),
    reduction("std_mean", gives="tuple", real=True, raises="int bool", saves_output=True),
    reduction("sum", dtype="sum", sums=True),
    reduction("var", real=True, raises="int bool", range="nonnegative"),
    reduction("var_mean", gives="tuple", real=True, raises="int bool"),
    reduction("dist", real=True, raises="int bool", shape="scalar", range="nonnegative", saves_output=True),
    reduction(
        "kthvalue", gives="tuple", fields="values indices", raises="bool complex", tensors_only=True, shape="one dim"
    ),
    along_dim("argsort", dtype="int64", raises="complex", range="nonnegative", grad=False),
    along_dim("cummax", gives="tuple", fields="values indices", raises="complex", upper=True),
    along_dim("cummin", gives="tuple", fields="values indices", raises="complex", lower=True),
    along_dim("cumprod", dtype="sum", in_place=True, saves_output=True),
    along_dim("cumsum", dtype="sum", in_place=True),
    along_dim("logcumsumexp", raises="int bool", upper=True, saves_output=True),
    along_dim("sort", gives="tuple", fields="values indices", raises="complex"),
    along_dim("msort", raises="complex", elements="moved"),
    op("topk", gives="tuple", fields="values indices", raises="bool complex", shape="same rank", tensors_only=True),
    op("bincount", dtype="int64", shape="vector", range="nonnegative", arguments="input:labels"),
    op("bucketize", dtype="int64", raises="complex", shape="same", range="nonnegative", grad=False),
    op("histc", raises="int bool complex", shape="vector", range="nonnegative", grad=False),
    op("histogram", gives="tuple", fields="hist bin_edges", raises="int bool complex"),
    op("searchsorted", dtype="int64", raises="complex", range="nonnegative", grad=False),
    op("unique", gives="varies", several_with="return_inverse return_counts", raises="complex", syncs=True),
    op("unique_consecutive", gives="varies", several_with="return_inverse return_counts", raises="complex", syncs=True),
    op("cov", dtype="float", raises="bool"),
    op("corrcoef", dtype="float", raises="bool", range="signed unit"),
    op("diff"),
    op("cumulative_trapezoid", dtype="float", raises="bool"),
    op("trapezoid", dtype="float", raises="bool"),
    op("trace", dtype="sum", raises="bool", shape="scalar"),
    op("gradient", gives="sequence", dtype="float", raises="bool"),
    op("isin", dtype="bool", raises="bool complex", shape="same", grad=False),
    op("equal", gives="bool", syncs=True),
    op("allclose", gives="bool", syncs=True),
    op("segment_reduce", raises="int bool complex"),
)
