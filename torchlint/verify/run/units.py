"""What is verified: two functions with the same inputs, from a rule's pair or from source text."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torchlint.claims import Pair
from torchlint.verify.inputs.specs import InputError, Spec, of_function, parse_all


@dataclass(frozen=True, slots=True)
class Unit:
    """Two versions of a computation and the inputs that both take. The texts are whole function definitions."""

    before: Callable[..., Any]
    after: Callable[..., Any]
    specs: tuple[Spec, ...]
    before_text: str
    after_text: str


def from_pair(pair: Pair) -> Unit:
    """The unit of a rule's pair; `after` may leave out parameters. Raises `InputError`."""
    specs = of_function(pair.before)
    names = tuple(spec.name for spec in specs)
    after = pair.after
    taken = tuple(inspect.signature(after).parameters)
    unknown = set(taken) - set(names)
    if unknown:
        raise InputError(f"after has parameters that before has not: {', '.join(sorted(unknown))}")
    return Unit(
        pair.before, fitted(after, names), specs, source_of(pair.before, "before"), source_of(pair.after, "after")
    )


def fitted(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """`function` as one that takes all of `names`, also those that it has no use for."""
    taken = set(inspect.signature(function).parameters)
    if taken == set(names):
        return function
    return lambda **arguments: function(**{name: value for name, value in arguments.items() if name in taken})


def from_text(before: str, after: str, inputs: Mapping[str, str]) -> Unit:
    """The unit of two texts: an expression, or statements that end in `return`.

    `inputs` maps each free variable to its input string (`{"x": "float", "dim": "dim"}`). Raises `InputError` for a
    bad input string and `SyntaxError` for a bad text.
    """
    specs = parse_all(inputs)
    names = tuple(inputs)
    before_text, after_text = (define(name, text, names) for name, text in (("before", before), ("after", after)))
    return Unit(compile_text(before_text), compile_text(after_text), specs, before_text, after_text)


def define(name: str, text: str, parameters: tuple[str, ...]) -> str:
    """A function definition around an expression or around statements that end in `return`."""
    body = textwrap.dedent(text).strip()
    try:
        ast.parse(body, mode="eval")
        body = f"return {body}"
    except SyntaxError:
        pass
    return f"def {name}({', '.join(parameters)}):\n{textwrap.indent(body, '    ')}\n"


def compile_text(text: str) -> Callable[..., Any]:
    """The function that `text` defines, with `torch`, `F`, `nn` and `math` in reach.

    The text is executed: it must be the project's own or have passed the checks of instance extraction.
    """
    # Start-up: `--verify` reads units where no worker has to run.
    import torch
    import torch.nn.functional

    names: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn, "math": math}
    return run_definition(ast.parse(text), names, "<rewrite>")


def run_definition(tree: ast.Module, names: dict[str, Any], label: str) -> Callable[..., Any]:
    """The function that a module of one definition defines, with these names in reach. The module is executed."""
    exec(compile(tree, label, "exec"), names)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    found = names[definition.name]
    assert callable(found)
    return found  # type: ignore[no-any-return]


def source_of(function: Callable[..., Any], name: str) -> str:
    """The definition of a function under another name, without annotations and docstring."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise InputError("before and after must be functions made with def")
    definition.name = name
    definition.returns = None
    definition.decorator_list = []
    for argument in [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs]:
        argument.annotation = None
    if ast.get_docstring(definition) is not None and len(definition.body) > 1:
        definition.body = definition.body[1:]
    return ast.unparse(definition) + "\n"
