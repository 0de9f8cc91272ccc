"""Classes of the project: their bases, methods and the values of their attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchlint.syntax import trees
from torchlint.syntax.module import ClassModel, FunctionModel
from torchlint.values.compare import join
from torchlint.values.interpret import setting_objects
from torchlint.values.interpret.frame import Frame
from torchlint.values.interpret.lookup import peek, resolved
from torchlint.values.value import (
    ClassRef,
    Constant,
    External,
    FunctionRef,
    Instance,
    Mapped,
    Method,
    Mutated,
    Super,
    Unknown,
    Value,
)

_MAX_BASES = 12
_MAX_WRITERS = 3
_TABLES = frozenset({"builtins.dict", "collections.OrderedDict"})


def remember_scope(cls: ClassModel, frame: Frame) -> None:
    """Note the frame in which a class statement was run; its base expressions mean what they mean there."""
    frame.evaluator.known.scopes[cls] = frame


def scope(frame: Frame, cls: ClassModel) -> Frame:
    """The frame in which a class was defined."""
    evaluator = frame.evaluator
    if cls not in evaluator.known.scopes and cls.parent is not None and not evaluator.is_busy(cls.parent):
        evaluator.frame(cls.parent)  # what its bases mean may be imported there
    known = evaluator.known.scopes.get(cls)
    return known if known is not None else evaluator.surroundings(cls.module)


def bases(frame: Frame, cls: ClassModel) -> list[Value]:
    """The values of a class's base expressions."""
    known = frame.evaluator.known.bases.get(cls)
    if known is None:
        known = _bases(frame, cls)
        if cls.parent is None and not frame.evaluator.loads_module:
            frame.evaluator.known.bases[cls] = known
    return known


def _bases(frame: Frame, cls: ClassModel) -> list[Value]:
    outer = scope(frame, cls)
    # `Dataset[Tensor]` is `Dataset` to everybody but type checkers.
    plain = (base.value if isinstance(base, ast.Subscript) else base for base in cls.node.bases)
    held = [peek(outer, base) for base in plain if not isinstance(base, ast.Starred)]
    return [resolved(outer, value) if isinstance(value, External) else value for value in held]


def lineage(frame: Frame, cls: ClassModel) -> Iterator[ClassModel | External | None]:
    """A class and its bases, depth first; outside classes as `External`, unknown ones as None."""
    known = frame.evaluator.known.lineages.get(cls)
    return _climb(frame, cls) if known is None else iter(known)


def _climb(frame: Frame, cls: ClassModel) -> Iterator[ClassModel | External | None]:
    """The same, step by step: who finds what it looks for in a class does not ask for its bases."""
    evaluator = frame.evaluator
    found: list[ClassModel | External | None] = []
    seen: set[ClassModel] = set()
    stack: list[Value] = [ClassRef(cls)]
    while stack and len(seen) < _MAX_BASES:
        value = stack.pop(0)
        if isinstance(value, ClassRef):
            if value.cls not in seen:
                seen.add(value.cls)
                found.append(value.cls)
                yield value.cls
                stack[:0] = bases(frame, value.cls)
        else:
            found.append(value if isinstance(value, External) else None)
            yield found[-1]
    if seen <= evaluator.known.bases.keys():
        evaluator.known.lineages[cls] = found


def is_subclass(frame: Frame, cls: ClassModel, qualnames: frozenset[str]) -> bool | None:
    """Whether a class derives from one of these; None where a base is not known."""
    answer: bool | None = False
    for ancestor in lineage(frame, cls):
        if isinstance(ancestor, External) and ancestor.qualname in qualnames:
            return True
        if ancestor is None or (isinstance(ancestor, External) and ancestor.qualname != "builtins.object"):
            answer = None
    return answer


def find_method(frame: Frame, cls: ClassModel, name: str, *, skip_own: bool = False) -> FunctionModel | None:
    """The method that a lookup on an instance finds, among the classes of the project."""
    for ancestor in lineage(frame, cls):
        if isinstance(ancestor, ClassModel) and name in ancestor.methods and not (skip_own and ancestor is cls):
            return ancestor.methods[name]
    return None


def attribute(frame: Frame, base: Instance | ClassRef, name: str) -> Value | None:
    """An attribute of an instance or class; None where nothing is known of it."""
    method = find_method(frame, base.cls, name)
    if method is not None:
        return _method(frame, base, method)
    if isinstance(base, Instance):
        value = setting_objects.field(frame, base, name) or _instance_attribute(frame, base, name)
        if value is not None:
            return value
    return _class_attribute(frame, base.cls, name)


def _registered(frame: Frame, instance: Instance, name: str) -> Value | None:
    """The tensor that the constructor registers under a name, whatever is in it later; None where nobody does."""
    count = sum(_registrations(cls, name) for cls in lineage(frame, instance.cls) if isinstance(cls, ClassModel))
    if not count:
        return None
    init = constructed(frame, instance) if count == 1 else None
    if init is None:
        return Unknown()
    for node, callee in init.callees.items():
        match node.args:
            case [ast.Constant(value=given), buffer, *_] if given == name and isinstance(callee, Method):
                held = init.values.get(buffer)
                return Unknown(node, init) if held is None or isinstance(held, Constant) else Mutated(held, node, init)
    return Unknown()


def _registrations(cls: ClassModel, name: str) -> int:
    """How often the text of a class registers a buffer of this name."""
    # Asked for each attribute of each instance: the words are at hand, the text is searched where they have it.
    if "register_buffer" not in cls.scope.all_words:
        return 0
    source = cls.module.source
    start = source.offset(cls.node.lineno, 0)
    end = source.offset(cls.node.end_lineno or cls.node.lineno, cls.node.end_col_offset or 0)
    return sum(source.text.count(f"register_buffer({quote}{name}{quote}", start, end) for quote in "\"'")


def item(frame: Frame, instance: Instance, index: Value) -> Value | None:
    """What `instance[index]` gives, by the class's own method; None where that is not known."""
    method = find_method(frame, instance.cls, "__getitem__")
    if method is None or not frame.evaluator.is_plain(method):
        return None
    inlined = frame.evaluator.inline(FunctionRef(method, instance), [index], {}, frame)
    return inlined.result if inlined is not None else None


def entry(frame: Frame, above: Super, key: Value) -> Value | None:
    """What `super()[key]` gives in a class derived from `dict` that was made of a table with that key; None for
    others."""
    instance = above.instance
    if not isinstance(instance, Instance) or find_method(frame, instance.cls, "__init__") is not None:
        return None
    is_table = any(isinstance(base, External) and base.qualname in _TABLES for base in lineage(frame, instance.cls))
    table = instance.args[0] if is_table and instance.args and len(instance.args) == 1 else None
    if not isinstance(table, Mapped) or not isinstance(key, Constant) or instance.keywords:
        return None
    return table.items.get(key.value)


def _method(frame: Frame, base: Instance | ClassRef, method: FunctionModel) -> Value:
    evaluator = frame.evaluator
    if not evaluator.is_plain(method):
        return Unknown(method.node, frame)
    bound = base if isinstance(base, Instance) or method.is_class_method else None
    reference = FunctionRef(method, None if method.is_static else bound, None)
    if not method.is_property or not isinstance(base, Instance):
        return reference
    inlined = evaluator.inline(reference, (), {}, frame)
    return inlined.result if inlined is not None else Unknown(method.node, frame)


def _instance_attribute(frame: Frame, instance: Instance, name: str) -> Value | None:
    evaluator = frame.evaluator
    key = (instance if instance.args is not None else instance.cls, name)
    if instance.cls.module is not evaluator.module and name in evaluator.module.foreign_writes:
        return None  # The file replaces what a class of another one made: `self.backbone.fc = nn.Linear(8, 4)`.
    if key in evaluator.known.attributes:
        return evaluator.known.attributes[key]
    writers = _writers(frame, instance.cls, name)
    registered = _registered(frame, instance, name)
    if not (writers or registered) or name in instance.cls.module.foreign_writes:
        return None
    values: list[Value] = [] if registered is None else [registered]
    busy = False
    if any(writer.name == "__init__" for writer in writers):
        init = constructed(frame, instance)
        busy = init is None
        value = init.env.get(f"self.{name}") if init else None
        values.append(value if value is not None else Unknown())
    others = [writer for writer in writers if writer.name != "__init__" and _may_be_called(frame, instance, writer)]
    if len(others) > _MAX_WRITERS:
        return None
    for writer in others:
        if evaluator.is_busy(writer):
            busy = True
            values.append(Unknown())
            continue
        value = evaluator.frame_of_writer(writer).all_bindings(f"self.{name}")
        values.append(value if value is not None else Unknown())
    answer = join(*values)
    if not busy:
        evaluator.known.attributes[key] = answer
    return answer


def _may_be_called(frame: Frame, instance: Instance, method: FunctionModel) -> bool:
    """Whether a method may have been called of an instance: where it was made just now, only if somebody names it, or
    if a call of the instance calls it."""
    if instance.args is None or method.name.startswith("__") or method.name == "forward":
        return True
    return any(module.references(method.name) for module in {method.module, frame.evaluator.module})


def _writers(frame: Frame, cls: ClassModel, name: str) -> list[FunctionModel]:
    found: list[FunctionModel] = []
    for ancestor in lineage(frame, cls):
        if isinstance(ancestor, ClassModel):
            found.extend(ancestor.writers.get(name, ()))
    return found


def constructed(frame: Frame, instance: Instance) -> Frame | None:
    """The evaluation of `__init__` for an instance; None while it is under way or where it cannot be evaluated."""
    evaluator = frame.evaluator
    init = find_method(frame, instance.cls, "__init__")
    if init is None:
        return None
    if instance.args is not None and instance not in evaluator.known.constructed:
        inlined = evaluator.inline(FunctionRef(init, instance), instance.args, instance.keywords, frame)
        if inlined is not None:
            evaluator.known.constructed[instance] = inlined
    if instance in evaluator.known.constructed:
        return evaluator.known.constructed[instance]
    return None if evaluator.is_busy(init) else evaluator.frame_of_writer(init)


def _class_attribute(frame: Frame, cls: ClassModel, name: str) -> Value | None:
    for ancestor in lineage(frame, cls):
        if isinstance(ancestor, ClassModel) and name in ancestor.constants:
            return _constant(frame, ancestor, ancestor.constants[name])
    return None


def _constant(frame: Frame, cls: ClassModel, node: ast.expr) -> Value:
    """The value that a class gives a name; unknown where that leads back to itself or too much was evaluated."""
    evaluator = frame.evaluator
    known = evaluator.known
    if node in known.constants_under_way or evaluator.steps_left <= 0:
        return Unknown(node, frame)
    size = known.constant_sizes.get(node)
    if size is None:
        size = known.constant_sizes[node] = sum(1 for _ in trees.walk(node))
    evaluator.steps_left -= size
    known.constants_under_way.add(node)
    value = scope(frame, cls).value(node)
    known.constants_under_way.discard(node)
    return value
