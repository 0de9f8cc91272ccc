"""What the rules on names of torch have in common: a table, and the functions and classes that may use a name of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from torchlint.rule import Check, ClassModel, Frame, Problem

from .api_fixes import problems
from .api_table import Row
from .api_uses import by_name, last_names, may_use, words_of


class ApiCheck(Check):
    """A rule that reports the uses of the old names in its `rows`; the words that it needs are theirs."""

    rows: ClassVar[Sequence[Row]] = ()
    table: ClassVar[Mapping[str, Row]] = {}
    _last: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.words = (words_of(cls.rows),)
        cls.table = by_name(cls.rows)
        cls._last = last_names(cls.table)

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        if may_use(frame.scope, frame.module, self.table, self._last):
            yield from self.problems(frame, None)

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        if may_use(cls.node, cls.module, self.table, self._last):
            yield from self.problems(frame, cls)

    def problems(self, frame: Frame, cls: ClassModel | None) -> Iterator[Problem]:
        """What is said of the uses in a frame, or in a class outside its methods."""
        yield from problems(frame, self.table, cls)
