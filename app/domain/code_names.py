"""Names that Python source uses and nobody gives it: what it would need to run by itself.

Rests on `symtable`, which runs nothing. Knows nothing of what a name stands for: an attribute that does not exist is
not seen. Source must have been through `code.parse`, which refuses what could harm the compiler.
"""

import ast
import builtins
import symtable
import sys
import warnings
from collections.abc import Iterator

_GIVEN = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__annotations__", "__builtins__", "__spec__"}


def check_compiles(source: str) -> None:
    """Raises SyntaxError for what parses and does not compile, such as a return outside of a function. Runs nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(source, "<draft>", "exec", dont_inherit=True)


def unresolved_names(source: str) -> list[str]:
    """Names that no scope, import or built-in gives, sorted; `*` for what an import of everything hides.

    Raises SyntaxError for what parses and does not compile. Example: `print(total)` lacks `total`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = symtable.symtable(source, "<draft>", "exec")
    tables = list(_tables(module))
    bound = {s.get_name() for s in module.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    # `global x` in a function makes a name of the module.
    bound |= {s.get_name() for t in tables for s in t.get_symbols() if s.is_declared_global() and s.is_assigned()}
    wanted = {
        s.get_name() for t in tables for s in t.get_symbols() if s.is_referenced() and (t is module or s.is_global())
    }
    tree = ast.parse(source)
    stars = {"*" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"}
    return sorted((wanted - bound - _GIVEN) | _too_early(tree, bound) | stars)


def foreign_imports(tree: ast.Module) -> list[str]:
    """Modules that are imported and not in Python's standard library, sorted; `.` for those beside the source."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else (node.module or "").partition(".")[0])
    return sorted(found - sys.stdlib_module_names)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _too_early(tree: ast.Module, bound: set[str]) -> set[str]:
    """Names of the module that a statement uses as it runs, before any statement has given them."""
    given: set[str] = set()
    early: set[str] = set()
    for statement in tree.body:
        used, made = _at_once(statement)
        early |= {name for name in used if name in bound and name not in given and name not in made}
        given |= made
    return early - _GIVEN


def _at_once(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Names that a statement reads when it runs, but for those inside functions, and those it gives."""
    used: set[str] = set()
    made: set[str] = set()
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            made.add(node.name)
        if isinstance(node, ast.Import | ast.ImportFrom):
            made |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        if isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
        # Bodies run later, and annotations may be kept as text: neither needs its names now.
        waiting += _parts_of_now(node)
    return used, made


def _parts_of_now(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    if isinstance(node, ast.Lambda):
        return [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    return list(ast.iter_child_nodes(node))
