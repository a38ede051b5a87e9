"""The source files of the product, taken apart, for the tests that read them."""

import ast
from functools import cache
from pathlib import Path

import microshare

ROOT = Path(microshare.__file__).parent


@cache
def modules() -> dict[str, ast.Module]:
    """Every module by its name below the package, `posts` or `web.posts`; the root is ``."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        if "migrations" in path.relative_to(ROOT).parts:
            continue  # Alembic's, written by Alembic
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


def path_of(module: str) -> Path:
    """The file of a module."""
    folder = ROOT.joinpath(*module.split("."))
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


def imports(module: str) -> set[str]:
    """The modules of the product that a module imports, wherever in it the statement stands."""
    names: set[str] = set()
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            # `from microshare import posts` is the module; `from microshare.db import db` is not
            names |= {
                f"{node.module}.{alias.name}"
                if f"{node.module}.{alias.name}".removeprefix("microshare.") in modules()
                else str(node.module)
                for alias in node.names
            }
    ours = {name for name in names if name.split(".")[0] == "microshare"}
    return {name.removeprefix("microshare").removeprefix(".") for name in ours}
