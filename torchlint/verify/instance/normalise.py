"""Pairs under common names: what two files write differently and mean alike has one text, and one verdict."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from torchlint.certificates import HARNESS
from torchlint.verify.instance.extract import Candidate
from torchlint.verify.instance.holes import Hole

# Raised when this package changes so that old verdicts say less than new ones.
VERSION = "3"


def normalised(candidate: Candidate) -> Candidate:
    """The same pair with inputs and locals numbered by their first appearance."""
    renamer = _Renamer()
    texts = [ast.unparse(renamer.visit(ast.parse(text))) + "\n" for text in (candidate.before, candidate.after)]
    holes = tuple(replace(hole, name=renamer.names[hole.name]) for hole in candidate.holes)
    ordered = tuple(sorted(holes, key=lambda hole: int(hole.name[1:])))
    parameters = ", ".join(hole.name for hole in ordered)
    texts = [_with_parameters(text, parameters) for text in texts]
    return replace(candidate, before=texts[0], after=texts[1], holes=ordered)


def _with_parameters(text: str, parameters: str) -> str:
    head, _, body = text.partition("\n")
    return f"{head[: head.index('(')]}({parameters}):\n{body}"


class _Renamer(ast.NodeTransformer):
    """Gives names in the order in which it meets them; statements come before the list of parameters."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._counts = {"h": 0, "v": 0}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.body = [self.visit(statement) for statement in node.body]
        node.args.args = [ast.arg(self._name(argument.arg)) for argument in node.args.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._name(node.id), node.ctx)

    def _name(self, name: str) -> str:
        kind = name[:1]
        if kind not in self._counts or not name[1:].isdigit():
            return name
        if name not in self.names:
            self.names[name] = f"{kind}{self._counts[kind]}"
            self._counts[kind] += 1
        return self.names[name]


def facts_of(hole: Hole, others: Sequence[Hole] = ()) -> dict[str, object]:
    """What the worker is told of an input, and what it may have in common with the other ones."""
    known = hole.known
    return {
        "name": hole.name,
        "kinds": hole.kinds,
        "rank": known.rank,
        "sizes": None if known.sizes is None else list(known.sizes),
        "sure": bool(known.kind),
        "dtypes": list(known.dtypes),
        "several": not known.is_single,
        "negative": not known.natural,
        "shared": [other.name for other in others if other is not hole and known.may_share(other.known)],
    }


def key(request: dict[str, object], torch: str, device: str) -> str:
    """The digest under which the verdict on a request is kept."""
    parts = [HARNESS, VERSION, torch, device, request]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
