"""The engines that run a plan. Each says how tables of the mirror are named and how marks are bound, and nothing else:
what a figure *is* was decided by ``planning``."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from zhiyin.lib.errors import Refused
from zhiyin.metrics.manifest import Manifest
from zhiyin.metrics.planning import Plan

# The scheme of ZHIYIN_ANALYTICS_URL → the module whose ``engine(url)`` makes the engine.
SCHEMES = {
    "embedded": "zhiyin.metrics.engines.embedded",
    "clickhouse": "zhiyin.metrics.engines.clickhouse",
    "clickhouses": "zhiyin.metrics.engines.clickhouse",
    "spark": "zhiyin.metrics.engines.spark",
}


class Gone(Exception):
    """A file of the mirror was merged away between two looks: take the new manifest and ask again."""


class FiguresUnavailable(Refused):
    """The engine cannot answer now; the record is not touched by it. Pages and the API show the sentence with 503."""

    status = 503


class EngineAway(FiguresUnavailable):
    """It does not answer, or not in time."""

    code = "engine_away"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            _("Figures are not available: the engine that computes them does not answer."),
            next_step=_("Try again in a minute. Everything else works; the log of the server names the engine."),
        )


class EngineRefused(FiguresUnavailable):
    """It answers, and does not let us in."""

    code = "engine_refused"

    def __init__(self) -> None:
        super().__init__(
            _("Figures are not available: the engine that computes them refuses us."),
            next_step=_("Whoever runs the server has to look at ZHIYIN_ANALYTICS_URL and at the rights of its user."),
        )


class EngineFailed(FiguresUnavailable):
    """It answers that it could not do it. What it said stands in the log."""

    code = "engine_failed"

    def __init__(self) -> None:
        super().__init__(
            _("Figures are not available: the engine could not compute them."),
            next_step=_("Ask for less, such as a shorter period; the log of the server holds what the engine said."),
        )


class MirrorUnreadable(FiguresUnavailable):
    """The files cannot be read. What the system said stands in the log."""

    code = "mirror_unreadable"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            _("Figures are not available: the files that they are computed from cannot be read."),
            next_step=_(
                "Everything else works. Whoever runs the server has to look at the rights and the disk of the folder "
                "“mirror” in ZHIYIN_DATA_DIR; it may be deleted, and is built anew from the record."
            ),
        )


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
