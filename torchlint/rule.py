"""What a rule is, and everything that a rule module may use.

A rule module holds one class: a `Rewrite`, which is pairs of functions, or a `Check`, which is code over values.
Its docstring is the rule's page, its name (in kebab case) the rule's name.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from torchlint.anchors import CHAIN, MASKED
from torchlint.claims import (
    Binary,
    BinaryTargets,
    Changes,
    Claim,
    ClassColumn,
    Columns,
    Dim,
    Flag,
    Floats,
    Integers,
    Labels,
    Logits,
    Mask,
    Number,
    Pair,
    Probabilities,
    Regular,
    Rows,
    Same,
    Size,
    Stabilises,
    Vector,
)
from torchlint.finding import Severity
from torchlint.lazy import F, torch
from torchlint.match import Match
from torchlint.problem import Place, Problem
from torchlint.renames import Rename
from torchlint.syntax import dotted_names, trees
from torchlint.syntax.ancestors import (
    Function,
    Loop,
    ancestors,
    block_of,
    is_conditional,
    is_within,
    loops_around,
    parents,
    statement_of,
)
from torchlint.syntax.bindings import bound_by
from torchlint.syntax.foreign import foreign_names, is_foreign
from torchlint.syntax.free_names import bound_in_module, free_reads, names_read, unbound_attributes, written_attributes
from torchlint.syntax.inventory import Inventory, inventory_of
from torchlint.syntax.module import ClassModel, FunctionModel, Module, own_nodes
from torchlint.syntax.names import first_name, last_name
from torchlint.syntax.per_file import once_per_file
from torchlint.syntax.plain import is_flag, is_none, tested
from torchlint.syntax.tests import is_test
from torchlint.torch_facts import library_models, literals, misfits, modules, ops, signatures
from torchlint.torch_range import Range
from torchlint.values import facts, units
from torchlint.values.compare import agree, children, members, same, same_dim, walk
from torchlint.values.facts import dtypes, known_shapes, moved_dims, sizes
from torchlint.values.interpret import classes
from torchlint.values.interpret.bound_calls import BoundCall, bound_call, made_by, written_calls
from torchlint.values.interpret.branches import outcome
from torchlint.values.interpret.callers import argument_of
from torchlint.values.interpret.frame import Frame, frame_of, path
from torchlint.values.interpret.lists import Tail
from torchlint.values.interpret.lookup import peek
from torchlint.values.interpret.statements import disables_grad
from torchlint.values.units import Averages, Chain, Layouts, Masks, Scores, Shifts
from torchlint.values.value import (
    UNKNOWN,
    Call,
    Choice,
    ClassRef,
    Constant,
    Element,
    External,
    Field,
    FunctionRef,
    Instance,
    Item,
    Items,
    Layer,
    LoopCarried,
    Mapped,
    Method,
    Mutated,
    Op,
    Parameter,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    # Rule modules import it from here, for annotations.
    from torchlint.fixing.editor import Editor as Editor

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


class Rule:
    """A kind of mistake.

    `message` says what is wrong and what happens because of it. `title` is what a fix does, in a few words; `help` says
    what to write instead where a finding has no fix. `related` are codes of rules about neighbouring mistakes: each
    page names the other, whichever of them says so. `tags` tell editors how to draw the code: `deprecated` is struck
    through, `unnecessary`, which does nothing, is faded. `aliases` are the codes of another linter for the same, which
    `# noqa` may name instead: they keep a project's comments working that comes from there. A rule is asked about files
    that speak of torch; one that is not `about_torch`, about all. One with a `key` has nothing to say where the
    configuration lacks that. `since` is the first version of torchlint that has it.
    """

    code: ClassVar[str]
    since: ClassVar[str] = ""
    about_torch: ClassVar[bool] = True
    key: ClassVar[str] = ""
    severity: ClassVar[Severity] = WARNING
    default: ClassVar[bool] = True
    message: ClassVar[str]
    title: ClassVar[str] = ""
    help: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    related: ClassVar[tuple[str, ...]] = ()
    tags: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def name(cls) -> str:
        """The rule's name: that of its module, in kebab case."""
        return cls.__module__.rpartition(".")[2].replace("_", "-")

    @classmethod
    def docs(cls) -> str:
        """The rule's page, in Markdown."""
        return (sys.modules[cls.__module__].__doc__ or "").strip()

    @classmethod
    def summary(cls) -> str:
        """The first line of the rule's page, or what it says where it has none."""
        return cls.docs().partition("\n")[0] or cls.message

    @classmethod
    def is_on_classes(cls) -> bool:
        """Whether the rule is asked about classes."""
        return False

    @classmethod
    def is_on_frames(cls) -> bool:
        """Whether the rule is asked about what happens in functions."""
        return True


class Rewrite(Rule):
    """A rule that is pairs of functions: what is written, and what should be.

    `local`: only what one function computes by itself is an occurrence, so that a function without the words of the
    operations has none. Operations of `elsewhere` may have been computed in another one all the same.

    A safe fix needs inputs of the kinds that the parameters are annotated with: floating-point tensors, an int for a
    dim, and nobody who asks how the result lies in memory. `also_for` names what else makes no difference to any safe
    pair: `int`, `bool` and `complex` tensors, `dims` (a tuple or list of them), `no dim` (None), `layout`.
    `python -m tools.make_needs` tries each.
    """

    pairs: ClassVar[tuple[Pair, ...]]
    local: ClassVar[bool] = False
    elsewhere: ClassVar[tuple[str, ...]] = ()
    also_for: ClassVar[tuple[str, ...]] = ()


class Check(Rule):
    """A rule that is code over values.

    `ops` are the operations that `check_op` is called for, `calls` the functions and classes that `check_call` is
    called for: by their public names, `torch.utils.data.DataLoader`, also of other packages; `.forward` is any method
    of that name. `needs` are further operations: of each group one must be spelled within reach. `dimless` are those of
    `ops` that only matter where they are called without a dim.
    `words` are groups of identifiers and keywords (`for`) of which one each must occur; `.step` is a call of any method
    of that name. A rule without `ops` and `calls` has to do with functions in which a word of the first group stands,
    under whatever name; `anchors` are looked for there instead where what makes a class worth a look is not what makes
    a function so. Where something is missing, the rule is not even imported.

    A function is evaluated when a value is first asked for: `frame.scope`, `frame.statements`, `written_calls(frame)`
    and the tree cost nothing, so that a check that begins with what is written needs no words for it.
    """

    ops: ClassVar[tuple[str, ...]] = ()
    calls: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[tuple[str, ...], ...]] = ()
    dimless: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[tuple[tuple[str, ...], ...]] = ()
    anchors: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.overrides("check_call") and not cls.calls:
            raise TypeError(f"{cls.__name__} has a `check_call` and names no `calls`: it would never be asked")

    def check_op(self, op: Op, frame: Frame) -> Iterator[Problem]:
        """Called for each operation of `ops` in the order of evaluation."""
        yield from ()

    def check_call(self, call: BoundCall, frame: Frame) -> Iterator[Problem]:
        """Called for each call of one of `calls`."""
        yield from ()

    def check_loop(self, loop: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> Iterator[Problem]:
        """Called for each loop statement."""
        yield from ()

    def check_class(self, cls: ClassModel, frame: Frame) -> Iterator[Problem]:
        """Called for each class; `frame` is where it is defined."""
        yield from ()

    def check_frame(self, frame: Frame) -> Iterator[Problem]:
        """Called once for each function and for the body of the module, after its evaluation."""
        yield from ()

    @classmethod
    def overrides(cls, method: str) -> bool:
        """Whether the rule has code of its own for one of the checks."""
        return getattr(cls, method) is not getattr(Check, method)

    @classmethod
    def is_on_classes(cls) -> bool:
        return cls.overrides("check_class")

    @classmethod
    def is_on_frames(cls) -> bool:
        return any(map(cls.overrides, ("check_op", "check_call", "check_loop", "check_frame")))


class OnComments(Rule):
    """A rule about comments that are meant to silence findings: torchlint reads these itself and says what is wrong.

    `on_unused`: it is told of those that silence nothing, and not of those that are mistyped.
    """

    on_unused: ClassVar[bool] = False

    @classmethod
    def is_on_frames(cls) -> bool:
        return False


__all__ = [
    "CHAIN",
    "ERROR",
    "INFO",
    "MASKED",
    "UNKNOWN",
    "WARNING",
    "Averages",
    "Binary",
    "BinaryTargets",
    "BoundCall",
    "Call",
    "Chain",
    "Changes",
    "Check",
    "Choice",
    "Claim",
    "ClassColumn",
    "ClassModel",
    "ClassRef",
    "Columns",
    "Constant",
    "Dim",
    "Element",
    "External",
    "F",
    "Field",
    "Flag",
    "Floats",
    "Frame",
    "Function",
    "FunctionModel",
    "FunctionRef",
    "Instance",
    "Integers",
    "Inventory",
    "Item",
    "Items",
    "Labels",
    "Layer",
    "Layouts",
    "Logits",
    "Loop",
    "LoopCarried",
    "Mapped",
    "Mask",
    "Masks",
    "Match",
    "Method",
    "Module",
    "Mutated",
    "Number",
    "OnComments",
    "Op",
    "Pair",
    "Parameter",
    "Place",
    "Probabilities",
    "Problem",
    "Range",
    "Regular",
    "Rename",
    "Rewrite",
    "Rows",
    "Rule",
    "Same",
    "Scores",
    "Severity",
    "Shifts",
    "Size",
    "Stabilises",
    "Tail",
    "Unknown",
    "Value",
    "Vector",
    "agree",
    "ancestors",
    "argument_of",
    "block_of",
    "bound_by",
    "bound_call",
    "bound_in_module",
    "children",
    "classes",
    "disables_grad",
    "dotted_names",
    "dtypes",
    "facts",
    "first_name",
    "foreign_names",
    "frame_of",
    "free_reads",
    "inventory_of",
    "is_conditional",
    "is_flag",
    "is_foreign",
    "is_none",
    "is_test",
    "is_within",
    "known_shapes",
    "last_name",
    "library_models",
    "literals",
    "loops_around",
    "made_by",
    "members",
    "misfits",
    "modules",
    "moved_dims",
    "names_read",
    "once_per_file",
    "ops",
    "outcome",
    "own_nodes",
    "parents",
    "path",
    "peek",
    "same",
    "same_dim",
    "signatures",
    "sizes",
    "statement_of",
    "tested",
    "torch",
    "trees",
    "unbound_attributes",
    "units",
    "walk",
    "written_attributes",
    "written_calls",
]
