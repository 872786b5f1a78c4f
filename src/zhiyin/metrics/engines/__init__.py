"""The engines that run a plan. Each says how tables of the mirror are named and how marks are bound, and nothing else:
what a figure *is* was decided by ``planning``."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from django.conf import settings

from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import Plan

# The scheme of ZHIYIN_ANALYTICS_URL → the module whose ``engine(url)`` makes the engine.
SCHEMES = {"embedded": "zhiyin.metrics.engines.embedded"}


class Gone(Exception):
    """A file of the mirror was merged away between two looks: take the new manifest and ask again."""


class Engine(Protocol):
    """Runs plans over the mirror. ``dialect`` is the name that Ibis knows the engine's SQL by."""

    dialect: str

    def compiled(self, plan: Plan) -> str:
        """The plan in the engine's own words; kept and given back to ``rows``."""
        ...

    def rows(self, sql: str, plan: Plan, values: Mapping[str, Any], held: Manifest) -> Sequence[Sequence[Any]]:
        """Run it over the tables of this manifest. Raises Gone where one of their files is there no longer."""
        ...


def at_hand() -> Engine:
    """The engine that the operator chose."""
    return _engine(settings.ANALYTICS_URL)


@cache
def _engine(url: str) -> Engine:
    make: Callable[[str], Engine] = import_module(SCHEMES[url.partition(":")[0]]).engine
    return make(url)
