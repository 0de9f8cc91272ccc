"""What `Editor` writes: the tree that was meant, and every comment, parenthesis and line end that was there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rewriting import find, rewrite

from torchlint.fixing.editor import CannotFix, Editor
from torchlint.source import Source, apply

LOST = "CannotFix: a comment would be lost"


def hole(tree: ast.AST) -> ast.Call:
    """The call of `HOLE`, whose arguments are the captures `P` and `Q`."""
    calls = (call for call in ast.walk(tree) if isinstance(call, ast.Call))
    return next(call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "HOLE")


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def fill(text: str, template: str) -> str:
    """Replace `HOLE(P, Q)` in a program by a template that names P and Q."""

    def act(editor: Editor, tree: ast.Module) -> None:
        call = hole(tree)
        editor.template(call, expression(template), dict(zip("PQ", call.args, strict=False)))

    return rewrite(text, act)


def dump(tree: ast.AST) -> str:
    return re.sub(r"(, )?ctx=\w+\(\)", "", ast.dump(tree))


class Substitute(ast.NodeTransformer):
    """The same replacement on trees, where no parentheses are needed."""

    def __init__(self, template: str) -> None:
        self.template = template

    def visit_Call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.func.id != "HOLE":
            return self.generic_visit(node)
        names = dict(zip("PQ", node.args, strict=False))

        class Captures(ast.NodeTransformer):
            def visit_Name(self, name: ast.Name) -> ast.expr:
                return names.get(name.id, name)

        return Captures().visit(expression(self.template))


def words(text: str) -> list[str]:
    """What two spaces or a line end separate; `\n` and `\t` are what they look like."""
    return [word.replace("\\n", "\n").replace("\\t", "\t") for word in re.split(r"  |\n", text.strip())]


ATOMS = words(r"""
a  a.b  a[0]  a[b:c]  a[b, c]  f(a)  f(*a, **b)  1  1.5  -1  's'  's' 't'  b"s"  r'\d'  ...  None  (a, b)  ()  (a,)
[a, *b]  {a}  {a: b, **c}  {}  [a for b in c]  (a for b in c)  {a for b in c}  {a: b for c in a}
[a async for b in c]  f'{a}'  f(a for b in c)  (a)  ((a))  ( a )  (a\n)  (a\n + b)  (a + \\n b)  f(\na, # why\nb)
(yield)  't' f'{a!r:>{b}}'
""")
KINDS = words("""
a + _  _ + a  _ - a  a - _  a * _  _ * a  a ** _  _ ** a  -_  ~_  not _  a @ _  a // _  a % _  a << _  a & _  a ^ _
a | _  _ < a  a < _  a < _ < b  a in _  _ is not a  _ and a  a and _  _ or a  _ if a else b  a if _ else b
a if b else _  lambda: _  lambda a=_: a  await _  (yield _)  (yield from _)  (a := _)  _.a  _[a]  a[_]  a[_:b]
a[b:_]  _(a)  f(_)  f(a=_)  f(*_)  f(**_)  f(a, _)  [_]  [*_]  {_}  {_: a}  {a: _}  {**_}  (_, a)  (*_, a)
[_ for a in b]  [a for b in _]  [a for b in c if _]  (_ for a in b)  {_: a for b in c}  _ + a * b  a[_, b:c]
a if b else c if _ else d  a @ -_ ** b
""")
PROGRAMS = words(r"""
_  y = _  y = z = _  y += _  y: a = _  y: _ = a  y = _, a  y = a, _  y = *_, a  return _  return a, _  del a[_]
assert _  assert a, _  raise _  raise a from _  yield _  await _  x.y[_] = a  return[_]  return(_)  a; y = _; b
y = a \\n+ _  y = (\n_ # why\n)  if _: pass  if a: pass\nelif _: pass  if a: _  if a: b; _; c
while _: pass\nelse: pass  for a in _: pass  for a in _, b:\n\tpass  with _: pass  with _ as a: pass
with a, _ as b: pass  with (a as b, _): pass  class A(_): pass  class A(a, metaclass=_): pass  @_\ndef f(): pass
@a\n@_\nclass A: pass  @ ( # why\n_\n)\ndef f(): pass  def f(a=_): pass  def f(a: _) -> b: pass  def f(a) -> _: pass
def f(*, a: b = _): pass  y = lambda a=_: a  try: pass\nexcept _: pass  try: pass\nexcept _ as e: pass
match _:\n\tcase 1: pass  match a:\n\tcase 1 if _: pass  match a:\n\tcase (1):\n\t\t_
class A:\n\t@a\n\t@_\n\tdef f(self):\n\t\tpass  class A:\n\tasync def f(self):\n\t\tasync with _ as a:\n\t\t\tpass
if a:\n\tif b:\n\t\ty = _  try:\n\tpass\nfinally:\n\ty = (a,\n_)
if a:\n\t# why\n\t@b\n\tdef f(c=_):\n\t\t@d\n\t\tdef g(): pass
""")
TEMPLATES = words("""
P  torch.f(P)  torch.f(P, dim=Q)  torch.f(*P, **Q)  P.f(Q)  P[Q]  P[Q:1]  P[Q, 0]  P + Q  P - Q  P * Q  P ** Q  -P
not P  P < Q  P < Q < 1  P and Q  P or Q  P if Q else 0  lambda: P  (P, Q)  [P, Q]  {P: Q}  f(P)(Q)  await P
P.f(dim=-1) / Q.sum()  torch.f(P + 1, (Q, 's'), eps=1e-5)  [z for z in P if Q]  (P for z in Q)  f(P for z in Q)
x.f(P.g(Q))  (yield P)  P + P
""")


def put(context: str, part: str) -> str:
    """An expression in another one, in parentheses where it would not be read as one."""

    class Hole(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            return expression(part) if name.id == "_" else name

    try:
        bare = context.replace("_", part)
        if dump(expression(bare)) == dump(Hole().visit(expression(context))):
            return bare
    except SyntaxError:
        pass
    return context.replace("_", f"({part})")


expressions = st.recursive(
    st.sampled_from(ATOMS), lambda parts: st.builds(put, st.sampled_from(KINDS), parts), max_leaves=4
)


class WithoutDoubleSigns(ast.NodeTransformer):
    """`-(-a * b)` is `a * b` to the last bit, and is written so."""

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.op, ast.USub):
            return node
        outer = ast.Expr(node.operand)
        parent, field = outer, "value"
        while isinstance(first := getattr(parent, field), ast.BinOp) and isinstance(first.op, ast.Mult | ast.Div):
            parent, field = first, "left"
        if not isinstance(first, ast.UnaryOp) or not isinstance(first.op, ast.USub):
            return node
        setattr(parent, field, first.operand)
        return outer.value


@given(
    st.sampled_from(PROGRAMS),
    st.sampled_from(TEMPLATES),
    expressions,
    expressions,
    st.sampled_from(["_", *KINDS]),
)
@settings(max_examples=500)
def test_a_filled_template_means_what_substitution_in_the_tree_gives(
    program: str, template: str, p: str, q: str, context: str
) -> None:
    call = f"HOLE({put('f(_)', p)[2:-1]}, {put('f(a, _)', q)[5:-1]})"
    text = program.replace("_", call if context == "_" else f"({put(context, call)})") + "\n"
    result = fill(text, template)
    if re.match(r"return[(\[]", program) and result == "CannotFix: LibCST does not read the code":
        # It wants a space after `return` in `return(a) if b else c`.
        return
    if "#" in q and "Q" not in template:
        assert result == LOST
        return
    wanted = Substitute(template).visit(ast.parse(text))
    assert dump(WithoutDoubleSigns().visit(ast.parse(result))) == dump(WithoutDoubleSigns().visit(wanted)), (
        text,
        result,
    )


@given(st.sampled_from(PROGRAMS), expressions, expressions, st.integers(0, 30), st.booleans())
@settings(max_examples=300)
def test_any_expression_of_a_program_can_be_replaced_and_wrapped(
    program: str, context: str, new: str, index: int, wraps: bool
) -> None:
    text = program.replace("_", put("f(_)", context)) + "\n"
    tree = ast.parse(text)
    names = [name for name in ast.walk(tree) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)]
    chosen = names[index % len(names)]

    class Swap(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            return expression(f"g({name.id}) + 1" if wraps else new) if name is chosen else name

    editor = Editor(Source("a.py", text), tree)
    try:
        editor.wrap(chosen, "g(", ") + 1") if wraps else editor.replace(chosen, new)
    except CannotFix as reason:
        # LibCST wants a space after `return` in `return(a) if b else c`.
        assume("f-string" not in str(reason) and not re.match(r"return[(\\[]", text))
        raise
    result = apply(text, editor.edits())
    assert dump(ast.parse(result)) == dump(Swap().visit(tree)), result


@pytest.mark.parametrize(
    ("text", "template", "wanted"),
    [
        ("y = HOLE((a + b), 1)", "P.softmax(Q)", "y = (a + b).softmax(1)"),
        ("y = HOLE((a + b), 1)", "torch.softmax(P, Q)", "y = torch.softmax(a + b, 1)"),
        ("y = HOLE((a))", "-P", "y = -a"),
        ("y = HOLE(((a, b)))", "P.f()", "y = (a, b).f()"),
        ("y = HOLE((x for x in z), 1)", "f(P)", "y = f(x for x in z)"),
        ("y = HOLE(x for x in z)", "f(P, 1)", "y = f((x for x in z), 1)"),
        ("y = HOLE(x for x in z)", "f(P)", "y = f(x for x in z)"),
        ("y = HOLE(*xs, 1)", "torch.f(P, Q)", "y = torch.f(*xs, 1)"),
        ("y = HOLE(*xs, 1)", "P.f(Q)", "CannotFix: the new expression cannot be written with this code in it"),
        ("y = HOLE(a)", "f(k=P)", "y = f(k=a)"),
        ("y = HOLE(a, b) * c", "P + Q", "y = (a + b) * c"),
        ("y = HOLE(a, b) + c", "P * Q", "y = a * b + c"),
        ("y = c - HOLE(a, b)", "P - Q", "y = c - (a - b)"),
        ("y = HOLE(a, b) - c", "P - Q", "y = a - b - c"),
        ("y = HOLE(a)[0]", "-P", "y = (-a)[0]"),
        ("await HOLE(a)", "-P", "await (-a)"),
        ("y = HOLE(a)", "(P, 0)", "y = (a, 0)"),
        ("y = HOLE('s', (lambda: 0))", "f(P, Q)", "y = f('s', lambda: 0)"),
        ('y = HOLE("s")', "f(P, reduction='mean', eps=1e-5)", 'y = f("s", reduction="mean", eps=1e-5)'),
        ("y = HOLE('s')", "f(P, reduction='mean')", "y = f('s', reduction='mean')"),
        ("y = HOLE(a\n    .b)", "P.f()", "y = (a\n    .b.f())"),
        ("y = HOLE(a\n    .b)", "f(P)", "y = f(a\n    .b)"),
        ("return[HOLE(a)]", "P.f()", "return[a.f()]"),
        ("return(HOLE(a))", "P.f()", "return(a.f())"),
        ("y = 1 if HOLE(a)else 2", "P", "y = 1 if (a)else 2"),
        ("y = HOLE(  a ,\tb )", "f(P, Q)", "y = f(a, b)"),
        ("é = HOLE('🔥', ü)", "f(Q, P)", "é = f(ü, '🔥')"),
        ("with HOLE(a): pass", "(P, 0)", "with ((a, 0)): pass"),
    ],
)
def test_a_template_has_the_parentheses_it_needs_and_no_others(text: str, template: str, wanted: str) -> None:
    assert fill(text, template) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("y = (a + b).sum()", "y = f(a, b).sum()"),
        ("y = (a + b)", "y = (f(a, b))"),
        ("y = ((a + b)).sum()", "y = ((f(a, b))).sum()"),
        ("y = ( a + b ).sum()", "y = ( f(a, b) ).sum()"),
        ("y = not(a + b)", "y = not(f(a, b))"),
    ],
)
def test_parentheses_around_the_replaced_expression_go_only_when_it_needed_them(text: str, wanted: str) -> None:
    assert rewrite(text, lambda editor, tree: editor.replace(find(tree, ast.BinOp), "f(a, b)")) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("y = HOLE(  # why\n    a)", LOST),
        ("y = HOLE(a)  # why", "y = f(a)  # why"),
        ("y = HOLE(\n    g(\n        a,  # why\n    )\n)", "y = f(g(\n    a,  # why\n))"),
        ("y = HOLE((  # why\n    a))", "y = f((  # why\n    a))"),
        ("y = HOLE((\n    a  # why\n))", "y = f((\n    a  # why\n))"),
        ("y = HOLE(a, '# no comment')", "y = f(a)"),
        ("y = (  # before\n    HOLE(a)  # after\n)", "y = (  # before\n    f(a)  # after\n)"),
        ("y = HOLE(a, b)  # why", "y = f(a)  # why"),
        ("y = HOLE(a, g(  # why\n))", LOST),
        ("if HOLE(a):  # why\n    # more\n    pass", "if f(a):  # why\n    # more\n    pass"),
    ],
)
def test_no_comment_is_lost(text: str, wanted: str) -> None:
    assert fill(text, "f(P)") == wanted


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "text",
    [
        "class A:\n\tdef f(self):\n\t\tif a:\n\t\t\treturn _\n",
        "\fdef f():\n  return _\n\f\nx = 1\n",
        "# -*- coding: latin-1 -*-\ns = 'é🔥'; y = _; z\n",
        "y = a + \\\n    _ + \\\n    b\n",
        "if a: y = _; z\nelse: z\n",
        "y = _",
        "@d(\n    _,\n)\nasync def f(): pass\n",
        "s = '''\n  x\n'''; y = _\n",
        "y = [\n    _,  # why\n]\n",
    ],
)
def test_all_other_text_stays_as_it_is(text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    assert fill(text.replace("_", "HOLE(a, b)"), "f(Q, P)") == text.replace("_", "f(b, a)")


def test_carriage_returns_alone_get_no_fix() -> None:
    assert fill("y = HOLE(a)\rz = 1\rif a:\r  pass\r", "f(P)") in (
        "y = f(a)\rz = 1\rif a:\r  pass\r",
        "CannotFix: LibCST does not give the code back as it is",
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("y = f'{HOLE(a)}'", "the code is inside an f-string"),
        ("y = f'''\n{\nHOLE(a)}'''", "the code is inside an f-string"),
        (f"y = {'f(' * 90}{'-' * 120}HOLE(a){')' * 90}", "the code is nested too deeply"),
        (f"y = HOLE(a){'.f()' * 150}", "the code is nested too deeply"),
        (f"y = {'a and ' * 300}HOLE(a)", "the code is nested too deeply"),
        (f"y = {'a < ' * 300}HOLE(a)", "the code is nested too deeply"),
        (f"y = HOLE(a), [{'0, ' * 40_000}]", "the code is too long"),
        (f"y = HOLE(a), {'0 ' * 3000}".replace("0", "''"), "LibCST does not read the code"),
    ],
)
def test_code_that_positions_or_libcst_fail_on_gets_no_fix(text: str, reason: str) -> None:
    assert fill(text, "f(P)") == f"CannotFix: {reason}"


def test_code_of_another_tree_gets_no_fix() -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        editor.text(expression("a"))

    assert rewrite("y = 1\n", act) == "CannotFix: the code is not part of the file"


def test_the_text_of_a_node_is_its_slice_without_parentheses() -> None:
    texts = []

    def act(editor: Editor, tree: ast.Module) -> None:
        texts.append(editor.text(find(tree, ast.BinOp)))

    rewrite("é = ('ü', (a  +\n b))\n", act)
    assert texts == ["a  +\n b"]


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("f()", "f(k=1)"),
        ("f( )", "f(k=1 )"),
        ("f(\n    # why\n)", "f(k=1\n    # why\n)"),
        ("f(a)", "f(a, k=1)"),
        ("f( a )", "f( a, k=1 )"),
        ("f((a))", "f((a), k=1)"),
        ("f(a,)", "f(a, k=1,)"),
        ("f(a, b=(1))", "f(a, b=(1), k=1)"),
        ("f(*a)", "f(*a, k=1)"),
        ("f(**kw)", "f(k=1, **kw)"),
        ("f(a, **kw)", "f(a, k=1, **kw)"),
        ("f(a, **kw, b=1)", "f(a, k=1, **kw, b=1)"),
        ("f(a, ** kw, **(c),)", "f(a, k=1, ** kw, **(c),)"),
        ("f(\n    a,\n    **kw,\n)", "f(\n    a,\n    k=1,\n    **kw,\n)"),
        ("f(x for x in y)", "f((x for x in y), k=1)"),
        ("f((x for x in y))", "f((x for x in y), k=1)"),
        ("f(\n    a,\n)", "f(\n    a,\n    k=1,\n)"),
        ("f(\n    a\n)", "f(\n    a,\n    k=1\n)"),
        ("f(\n    a, b\n)", "f(\n    a, b, k=1\n)"),
        ("f(a,\n  b)", "f(a,\n  b,\n  k=1)"),
        ("f(\n    a,  # one\n    b,  # two\n)", "f(\n    a,  # one\n    b,  # two\n    k=1,\n)"),
        ("f(\n    a,  # one\n    b  # two\n)", "f(\n    a,  # one\n    b,  # two\n    k=1\n)"),
        ("f(a,  # one\n)", "f(a,  # one\n    k=1,\n)"),
        ("f(\n    a\n    , b\n)", "f(\n    a\n    , b, k=1\n)"),
        ("f(k=0)", "CannotFix: the call has `k` already"),
        ("f(a)(b)", "f(a)(b, k=1)"),
        ("g.f (a)", "g.f (a, k=1)"),
        ("(f(a))", "(f(a, k=1))"),
        ("f(lambda: (yield), *b)", "f(lambda: (yield), *b, k=1)"),
    ],
)
def test_an_argument_is_added_in_the_layout_of_the_call(call: str, wanted: str) -> None:
    result = rewrite(f"y = {call}  # end", lambda editor, tree: editor.add_argument(find(tree, ast.Call), "k=1"))
    assert result == (wanted if wanted.startswith("CannotFix") else f"y = {wanted}  # end")


def test_libcst_is_imported_only_when_a_fix_is_built() -> None:
    program = """
import ast, sys
from torchlint.fixing.editor import Editor
from torchlint.source import Source
tree = ast.parse("f(a)")
editor = Editor(Source("a.py", "f(a)"), tree)
editor.rename(tree.body[0].value.func, "g")
assert "libcst" not in sys.modules
editor.replace(tree.body[0].value, "a")
assert "libcst" in sys.modules
assert not {"libcst.matchers", "libcst.codemod"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
