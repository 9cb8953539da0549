"""Mutants of a module: its syntax tree with one small change each.

Left out is what tests cannot or need not notice: annotations, docstrings and other text, `frozen=True` and the like, `assert` (which here
tells the type checker) and blocks for the type checker.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
JUDGED = (ast.Compare, ast.BoolOp)
"""Conditions that have mutants of their own; others are turned into their opposite."""


class Mutant(NamedTuple):
    """One change. `function` is the outermost function or method around it, none outside of all."""

    function: str | None
    starts: int
    lines: range
    text: str
    code: CodeType
    source: str

    @property
    def key(self) -> str:
        """What it is called, whatever line it stands on."""
        return f"{self.function or 'module'}: {self.text}"


class Place(NamedTuple):
    """Where a node hangs in the tree."""

    parent: ast.AST
    field: str
    at: int | None
    node: ast.AST
    function: tuple[str, int] | None

    def put(self, node: ast.AST | None) -> None:
        """Hang another one there, or none."""
        if self.at is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.at] = node


def mutants(source: str, path: str) -> Iterator[Mutant]:
    """Each mutant of a module's text."""
    tree = ast.parse(source)
    for place in list(_places(tree, None, "")):
        before = ast.unparse(place.node)
        for new in _changes(place):
            place.put(ast.copy_location(new, place.node))
            ast.fix_missing_locations(tree)
            after = "removed" if isinstance(new, ast.Pass) else ast.unparse(new)
            name, starts = place.function or (None, 0)
            yield Mutant(
                name,
                starts,
                range(place.node.lineno, place.node.end_lineno + 1),  # type: ignore[attr-defined]
                f"{_short(before)} -> {_short(after)}",
                compile(tree, path, "exec", dont_inherit=True),
                ast.unparse(tree),
            )
            place.put(place.node)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:60]} ... {line[-25:]}"


def _places(node: ast.AST, function: tuple[str, int] | None, prefix: str) -> Iterator[Place]:
    for field, held in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for index, child in enumerate(held) if isinstance(held, list) else [(None, held)]:
            if not isinstance(child, ast.AST) or _left_out(node, field, child):
                continue
            inside, names = function, prefix
            if isinstance(child, ast.ClassDef):
                names = f"{prefix}{child.name}."
            if function is None and field == "body" and isinstance(node, FUNCTIONS):
                inside = (
                    f"{prefix}{node.name}",
                    min([node.lineno, *(d.lineno for d in node.decorator_list)]),
                )
            yield Place(node, field, index, child, inside)
            yield from _places(child, inside, names)


def _left_out(parent: ast.AST, field: str, node: ast.AST) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    checker = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    alias = isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"
    frozen = isinstance(parent, ast.ClassDef) and field == "keywords"
    imports = isinstance(node, ast.Import | ast.ImportFrom | ast.Assert)
    return (
        text
        or checker
        or alias
        or frozen
        or imports
        or isinstance(parent, ast.JoinedStr | ast.FormattedValue)
    )


def _changes(place: Place) -> Iterator[ast.AST]:  # noqa: C901 (a list of operators)
    match place.node:
        case ast.Compare(left, [op], right):
            for other in COMPARISONS[type(op)]:
                yield ast.Compare(left, [other()], right)
        case ast.Compare(left, ops, right):
            for n, op in enumerate(ops):
                for other in COMPARISONS[type(op)]:
                    yield ast.Compare(left, [*ops[:n], other(), *ops[n + 1 :]], right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
            yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Return(value) if value is not None and ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
            yield ast.Pass()
        case ast.Assign([ast.Attribute() | ast.Subscript(), *_]):
            yield ast.Pass()
    yield from _opposite(place)


def _opposite(place: Place) -> Iterator[ast.AST]:
    """Of a condition that is a mere name or call, its opposite; of a filter, none at all."""
    condition = place.field == "test" and isinstance(place.parent, ast.If | ast.IfExp | ast.While)
    own = isinstance(place.node, JUDGED) or (
        isinstance(place.node, ast.UnaryOp) and isinstance(place.node.op, ast.Not)
    )
    if condition and not own and not isinstance(place.node, ast.NamedExpr):
        yield ast.UnaryOp(ast.Not(), place.node)  # type: ignore[arg-type]
    if place.field == "ifs":
        yield ast.Constant(True)
