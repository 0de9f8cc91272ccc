"""Arguments, parameters, names and statements: what `Editor` adds, takes out and leaves alone."""

from __future__ import annotations

import ast

import pytest
from rewriting import find, rewrite

from torchlint.fixing.editor import Editor

LOST = "CannotFix: a comment would be lost"
NAMELESS = "CannotFix: the argument cannot have a name"
SAME_LINE = "CannotFix: other code stands on the same line"


def statement(tree: ast.AST, start: str) -> ast.stmt:
    """The innermost statement whose text starts so."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return [node for node in statements if ast.unparse(node).startswith(start)][-1]


@pytest.mark.parametrize(
    ("call", "index", "wanted"),
    [
        ("f(a)", 0, "f()"),
        ("f( a )", 0, "f()"),
        ("f(a,)", 0, "f()"),
        ("f(\n    a,\n)", 0, "f()"),
        ("f(a, b)", 0, "f(b)"),
        ("f(a, b)", 1, "f(a)"),
        ("f(a, b,)", 1, "f(a,)"),
        ("f(a, *b, k=(c), **d)", 1, "f(a, k=(c), **d)"),
        ("f(a, *b, k=(c), **d)", 2, "f(a, *b, **d)"),
        ("f(a, k=c, *b)", 1, "f(a, *b)"),
        ("f(x for x in y)", 0, "f()"),
        ("f(\n    a,\n    b,\n    c,\n)", 0, "f(\n    b,\n    c,\n)"),
        ("f(\n    a,\n    b,\n    c,\n)", 1, "f(\n    a,\n    c,\n)"),
        ("f(\n    a,\n    b,\n    c,\n)", 2, "f(\n    a,\n    b,\n)"),
        ("f(\n    a,\n    b,\n    c\n)", 2, "f(\n    a,\n    b\n)"),
        ("f(\n    a,  # one\n    b\n)", 1, "f(\n    a  # one\n)"),
        ("f(\n    a,  # one\n    b,\n)", 1, "f(\n    a,  # one\n)"),
        ("f(\n    a,  # one\n    b,  # two\n)", 0, LOST),
        ("f(\n    a,\n    b,  # two\n)", 1, "CannotFix: a comment would stay that is about the argument"),
        ("f(a,  # one\n)", 0, LOST),
    ],
)
def test_an_argument_is_removed_with_its_comma(call: str, index: int, wanted: str) -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        found = find(tree, ast.Call)
        arguments = sorted([*found.args, *found.keywords], key=lambda part: (part.lineno, part.col_offset))
        editor.remove_argument(found, arguments[index])

    result = rewrite(f"y = {call}  # end\n", act)
    assert result == (wanted if wanted.startswith("CannotFix") else f"y = {wanted}  # end\n")


@pytest.mark.parametrize(
    ("header", "index", "wanted"),
    [
        ("def f():", 0, "def f(new):"),
        ("def f( ) -> int:", 3, "def f(new ) -> int:"),
        ("def f( a, b ):", 1, "def f( a, new, b ):"),
        ("def f(a, b):", 9, "def f(a, b, new):"),
        ("def f(a, *args: int, **kw):", 1, "def f(a, new, *args: int, **kw):"),
        ("def f(*, k):", 0, "def f(new, *, k):"),
        ("def f(**kw):", 0, "def f(new, **kw):"),
        ("def f(a, /, b):", 0, "def f(new, a, /, b):"),
        ("def f(a, /, b):", 1, "def f(a, /, new, b):"),
        ("def f(a, /):", 1, "def f(a, /, new):"),
        ("def f(a=1):", 1, "CannotFix: the new code does not parse in its place"),
        ("async def f(a: (int)):", 1, "async def f(a: (int), new):"),
        ("@d\n@e\ndef f(\n  a,  # one\n  b,  # two\n):", 1, "@d\n@e\ndef f(\n  a,  # one\n  new,\n  b,  # two\n):"),
        ("def f(\n    a,  # one\n):", 1, "def f(\n    a,  # one\n    new,\n):"),
        ("def f(\n    a,\n    *,\n    k,\n):", 1, "def f(\n    a,\n    new,\n    *,\n    k,\n):"),
    ],
)  # fmt: skip
def test_a_parameter_is_added_in_the_layout_of_the_definition(header: str, index: int, wanted: str) -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        function = tree.body[0]
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        editor.add_parameter(function, "new", index)

    for body in (" pass\n", "\n    @g\n    def h(z): pass\n"):
        result = rewrite(header + body, act)
        assert result == (wanted if wanted.startswith("CannotFix") else wanted + body)


def test_a_method_gets_a_parameter_in_its_class() -> None:
    text = "class A:\n    @d\n    # why\n    def f(self):\n        return 1\n"
    result = rewrite(text, lambda editor, tree: editor.add_parameter(find(tree, ast.FunctionDef), "new=0", 1))
    assert result == text.replace("self", "self, new=0")


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("y = a . softmax(  # why\n    1)", ast.Attribute, "y = a . new(  # why\n    1)"),
        ("y = (a\n  # why\n  .softmax)(1)", ast.Attribute, "y = (a\n  # why\n  .new)(1)"),
        ("é = f('🔥', old = 1)", ast.keyword, "é = f('🔥', new = 1)"),
        ("f(**kw)", ast.keyword, "CannotFix: `**` has no name"),
        ("y = [(x)]", ast.Name, "new = [(x)]"),
        ("lambda old: 0", ast.arg, "lambda new: 0"),
        ("def f(old: int = 1): pass", ast.arg, "def f(new: int = 1): pass"),
        ("@d\nasync  def  old (x): pass", ast.AsyncFunctionDef, "@d\nasync  def  new (x): pass"),
        ("class A:\n  def old(self): pass", ast.FunctionDef, "class A:\n  def new(self): pass"),
        ("ﬁ = 1", ast.Name, "CannotFix: `fi` is not written as it is in the code"),
        ("f'{x}'", ast.Name, "CannotFix: the code is inside an f-string"),
    ],
)
def test_a_name_changes_alone(text: str, kind: type[ast.Name], wanted: str) -> None:
    assert rewrite(text, lambda editor, tree: editor.rename(find(tree, kind), "new")) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("y = a.f(  # why\n    x)", "y = b.g(  # why\n    x)"),
        ("y = (a.f)(x)", "y = (b.g)(x)"),
        ("y = (a or b)(x)", "y = b.g(x)"),
        ("y = (a  # why\n  .f)(x)", LOST),
        ("@a.f(x)\ndef g(): pass", "@b.g(x)\ndef g(): pass"),
    ],
)
def test_a_callee_changes_alone(text: str, wanted: str) -> None:
    assert rewrite(text, lambda editor, tree: editor.rename_callee(find(tree, ast.Call), "b.g")) == wanted


@pytest.mark.parametrize("stmt", ["x = f(1)", "x = [1,\n  2]"])
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("X\nb\n", "b\n"),
        ("a\nX\n", "a\n"),
        ("a\nX", "a\n"),
        ("a\r\n\r\n    \r\nX\r\nb\r\n", "a\r\n\r\n    \r\nb\r\n"),
        ("X", ""),
        ("a\n# why\nX\nb\n", "a\n# why\nb\n"),
        ("X  # why\n", LOST),
        ("X  # noqa: E501\nb\n", "b\n"),
        ("X  # torchlint: disable=TLT101\nb\n", "b\n"),
        ("X;\nb\n", "b\n"),
        ("X; b\n", "b\n"),
        ("a; X; b\n", "a; b\n"),
        ("a; X\n", "a\n"),
        ("a; X;\n", "a;\n"),
        ("a; X  # why\n", LOST),
        ("a; \\\nX\nb\n", SAME_LINE),
        ("X; \\\nb\n", "CannotFix: LibCST does not read the code"),
        ("if a: X\n", "if a: pass\n"),
        ("if a: X; b\n", "if a: b\n"),
        ("if a:\n\tX  # noqa\nb\n", "if a:\n\tpass\nb\n"),
        ("if a:\n    b\nelse:\n    X\n", "if a:\n    b\nelse:\n    pass\n"),
        ("if a: b\nelse: X", "if a: b\nelse: pass"),
        ("try:\n    X\nexcept E:\n    b\n", "try:\n    pass\nexcept E:\n    b\n"),
        ("try: a\nexcept E: X\n", "try: a\nexcept E: pass\n"),
        ("try: a\nfinally:\n    X\n", "try: a\nfinally:\n    pass\n"),
        ("match a:\n    case 1:\n        X\n", "match a:\n    case 1:\n        pass\n"),
        ("def f():\n    '''doc'''\n    X\n", "def f():\n    '''doc'''\n"),
        ("def f():\n\f    X\n    b\n", "def f():\n    b\n"),
    ],
)
def test_a_statement_goes_with_its_line(text: str, wanted: str, stmt: str) -> None:
    result = rewrite(text.replace("X", stmt), lambda editor, tree: editor.delete_statement(statement(tree, "x")))
    assert result == wanted


@pytest.mark.parametrize(
    ("text", "start", "wanted"),
    [
        ("@d(1)\n@e\ndef f():\n    a\n\n\nb\n", "@d", "\n\nb\n"),
        ("if a:\n    @d\n    class A:\n        b\n", "@d", "if a:\n    pass\n"),
        ("if a:\n    for b in c:\n        d\n        # why\n        e\n    f\n", "for", LOST),
        ("if a:\n    for b in c:\n        d\n    # about f\n    f\n", "for", "if a:\n    # about f\n    f\n"),
        ("with a: b\nc\n", "with", "c\n"),
        ("if a: b\nelif c: d\n", "if c", "CannotFix: an `elif` belongs to the `if` before it"),
    ],
)
def test_a_compound_statement_goes_with_its_body(text: str, start: str, wanted: str) -> None:
    assert rewrite(text, lambda editor, tree: editor.delete_statement(statement(tree, start))) == wanted


def test_the_last_of_the_deleted_statements_of_a_block_becomes_pass() -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        for start in ("x", "y", "z"):
            editor.delete_statement(statement(tree, start))

    assert rewrite("def f():\n    x = 1\n    y = 2; z = 3\n", act) == "def f():\n    pass\n"


def test_a_comment_in_code_that_moved_is_not_lost_with_its_statement() -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        value = find(tree, ast.List)
        editor.template(find(tree, ast.Call), ast.parse("P", mode="eval").body, {"P": value})
        editor.delete_statement(statement(tree, "x"))

    text = "def f():\n    x = [\n        1,  # one\n    ]\n    return g(x)\n"
    assert rewrite(text, act) == "def f():\n    return [\n        1,  # one\n    ]\n"


@pytest.mark.parametrize(
    ("text", "lines", "wanted"),
    [
        ("if a:\n\tx = 1\n\ty = 2\n\tz\n", ["if b:", "    k", "", "l"], "if a:\n\tif b:\n\t\tk\n\n\tl\n\tz\n"),
        ("if a:\r\n  x = 1\r\n  y = 2  # two\r\n", ["if b:", "    c"], "if a:\r\n  if b:\r\n    c  # two\r\n"),
        ("x = 1\n# why\ny = 2\n", ["z"], LOST),
        ("x = 1  # why\ny = 2\n", ["z"], LOST),
        ("x = 1; y = 2; z\n", ["w"], "w; z\n"),
        ("x = 1; y = 2; z\n", ["v", "w"], SAME_LINE),
        ("if a: x = 1; y = 2\n", ["w"], "if a: w\n"),
        ("if a: x = 1; y = 2\n", ["v", "w"], SAME_LINE),
        ("x = 1\ny = 2", ["v", "w"], "v\nw"),
    ],
)
def test_lines_take_the_place_of_statements(text: str, lines: list[str], wanted: str) -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        editor.replace_statements(statement(tree, "x"), statement(tree, "y"), lines)

    assert rewrite(text, act) == wanted


@pytest.mark.parametrize(
    ("text", "start", "wanted"),
    [
        ("x = 1", "x", "new\nx = 1"),
        ("a\n# why\nx = 1\n", "x", "a\n# why\nnew\nx = 1\n"),
        ("if a:\r\n\tx = 1\r\n", "x", "if a:\r\n\tnew\r\n\tx = 1\r\n"),
        ("if a: x = 1\n", "x", "if a: new; x = 1\n"),
        ("a; x = 1\n", "x", "a; new; x = 1\n"),
        ("a; \\\nx = 1\n", "x", SAME_LINE),
        ("# why\n@d\n@e\ndef f(): a\n", "@d", "# why\nnew\n@d\n@e\ndef f(): a\n"),
        ("'''doc'''\n", "'", "CannotFix: nothing can come before a docstring"),
        ("from __future__ import annotations\n", "from", "CannotFix: nothing can come before the statement"),
        ("if a: b\nelif c: d\n", "if c", "CannotFix: nothing can come before the statement"),
    ],
)
def test_a_line_is_put_before_a_statement(text: str, start: str, wanted: str) -> None:
    assert rewrite(text, lambda editor, tree: editor.insert_before(statement(tree, start), ["new"])) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def f():\n    '''doc'''\n    a\n", "def f():\n    '''doc'''\n    new\n    a\n"),
        ("def f():\n\t'''doc\n\t'''  # why\n\n\ta\n", "def f():\n\t'''doc\n\t'''  # why\n\tnew\n\n\ta\n"),
        ("def f():\r\n    'doc'", "def f():\r\n    'doc'\r\n    new"),
        ("def f():\n    # why\n    a\n", "def f():\n    # why\n    new\n    a\n"),
        ("class A:\n    @d\n    def f(self): a\n", "class A:\n    new\n    @d\n    def f(self): a\n"),
        ("def f(): return 1\n", "def f(): new; return 1\n"),
        ("def f(): 'doc'; a\n", SAME_LINE),
    ],
)
def test_a_line_is_put_at_the_start_of_a_body(text: str, wanted: str) -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        owner = tree.body[0]
        assert isinstance(owner, ast.FunctionDef | ast.ClassDef)
        editor.insert_first(owner, ["new"])

    assert rewrite(text, act) == wanted


def test_parts_of_a_fix_that_overlap_are_no_fix() -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        editor.replace(find(tree, ast.Call), "g(b)")
        editor.replace(find(tree, ast.Call).args[0], "c")

    assert rewrite("y = f(a)\n", act) == "CannotFix: the parts of the fix overlap"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("for x in y:  # one\n    # two\n    z  # three\nb\n", "# two\nnew  # one  # three\nb\n"),
        ("if a:\n\tfor x in y:\n\t\t# two\n\t\tz\n\t# four\n", "if a:\n\t# two\n\tnew\n\t# four\n"),
        ("for x in y: z  # one\n", "new  # one\n"),
    ],
)
def test_comments_can_be_carried_along(text: str, wanted: str) -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        loop = find(tree, ast.For)
        editor.replace_statements(loop, loop, ["new"], carry_comments=True)

    assert rewrite(text, act) == wanted


def test_a_carried_comment_does_not_swallow_the_rest_of_the_line() -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        editor.replace_statements(statement(tree, "x"), statement(tree, "y"), ["new"], carry_comments=True)

    assert rewrite("x = 1  # one\ny = 2; z\n", act) == SAME_LINE


@pytest.mark.parametrize(
    ("call", "listed", "named"),
    [
        ("f(a, b, k=c)", "f([a, b], k=c)", "f(a=a, b=b, k=c)"),
        ("f((a), b,)", "f([(a), b],)", "f(a=(a), b=b,)"),
        ("f(\n    a,  # one\n    b,\n)", "f(\n    [a,  # one\n    b],\n)", "f(\n    a=a,  # one\n    b=b,\n)"),
        ("f(*xs)", "f([*xs])", NAMELESS),
        ("f(x for x in y)", "CannotFix: the arguments are not to be listed", NAMELESS),
    ],
)
def test_arguments_become_a_list_or_get_names(call: str, listed: str, named: str) -> None:
    def name(editor: Editor, tree: ast.Module) -> None:
        for argument, keyword in zip(find(tree, ast.Call).args, "ab", strict=False):
            editor.name_argument(argument, keyword)

    assert rewrite(call, lambda editor, tree: editor.list_arguments(find(tree, ast.Call))) == listed
    assert rewrite(call, name) == named


@pytest.mark.parametrize(
    ("part", "new", "wanted"),
    [
        ("a", "b", "b * c - (d)"),
        ("a", "b + 1", "(b + 1) * c - (d)"),
        ("a", "b.x", "b.x * c - (d)"),
        ("d", "b + 1", "a * c - (b + 1)"),
        ("a * c", "b + 1", "b + 1 - (d)"),
    ],
)
def test_a_part_of_an_expression_is_written_otherwise(part: str, new: str, wanted: str) -> None:
    texts: list[str] = []

    def act(editor: Editor, tree: ast.Module) -> None:
        whole = find(tree, ast.BinOp)
        inner = next(node for node in ast.walk(whole) if isinstance(node, ast.expr) and ast.unparse(node) == part)
        texts.append(editor.spliced(whole, {inner: new}))

    rewrite("y = a * c - (d)\n", act)
    assert texts == [wanted]


def test_a_discarded_value_is_assigned() -> None:
    def act(editor: Editor, tree: ast.Module) -> None:
        stmt = find(tree, ast.Expr)
        editor.assign(stmt, "x")

    assert rewrite("if a: (x.abs());  # why\n", act) == "if a: x = (x.abs());  # why\n"
