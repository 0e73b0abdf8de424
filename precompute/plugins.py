"""Task types of a user's own: modules named in ``PRECOMPUTE_PLUGINS``."""

import importlib
from datetime import timedelta
from types import ModuleType

from precompute.catalogue import ROWS, Catalogue
from precompute.errors import DeclarationError
from precompute.settings import Settings
from precompute.task_type import TaskType


def plugin_modules(settings: Settings) -> tuple[ModuleType, ...]:
    """The modules, imported.

    Raises:
        DeclarationError: One is not a module's name, or cannot be imported; names it.
    """
    return tuple(_import(name) for name in settings.plugins)


def catalogue_for(settings: Settings) -> Catalogue:
    """The shipped rows and those that plug-ins declare at their top level, with what the settings say of them.

    Raises:
        DeclarationError: A row or a TTL does not fit; see :meth:`Catalogue.of`.
    """
    rows = {row.name: row for row in ROWS}
    for module in plugin_modules(settings):
        for row in vars(module).values():
            # A plug-in may import shipped rows to use them as inputs; those are not its own.
            if isinstance(row, TaskType) and rows.setdefault(row.name, row) != row:
                raise DeclarationError(f"{module.__name__} declares {row.name}, which exists already")
    longer = max(settings.fetch_timeout - Settings().fetch_timeout, timedelta(0))
    return Catalogue.of(rows.values(), ttls=settings.ttls, slow=settings.slow, fetch_longer=longer)


def _import(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise DeclarationError(f"PRECOMPUTE_PLUGINS names {name!r}, which is no name of a module")
    try:
        return importlib.import_module(name)
    except (ImportError, SyntaxError) as problem:
        raise DeclarationError(f"PRECOMPUTE_PLUGINS names {name!r}, which cannot be imported: {problem}") from problem
