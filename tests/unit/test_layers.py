"""What the import linter cannot hold: the imports of celeryconfig, which is a module and not a package."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = {"precompute", "models", "workers", "api"}


def test_the_configuration_imports_only_what_lies_below_it() -> None:
    """The layer between models and workers, which is a single module."""
    tree = ast.parse((ROOT / "celeryconfig.py").read_text())
    named = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} & OURS <= {"precompute", "models"}
    assert "precompute.settings" in named
