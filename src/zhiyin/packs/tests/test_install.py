"""What a pack says is what the installation then holds."""

from collections.abc import Sequence

import pytest

from zhiyin.journey.queries import Named, forget_map, journey_map
from zhiyin.lib.text import both
from zhiyin.outreach.testing import NOW, SYSTEM
from zhiyin.packs.format import Pack, built_in_packs
from zhiyin.packs.install import Founding, found, install, pack_of
from zhiyin.packs.shape.journey import Dimension, Stage

KEY = "hotline"
pytestmark = pytest.mark.django_db


@pytest.fixture
def pack() -> Pack:
    found(Founding(name=both("云桥", "Cloudbridge"), pack=KEY), by=SYSTEM, now=NOW)
    return pack_of(KEY)


def as_given(given: Sequence[Stage | Dimension]) -> list[tuple[object, ...]]:
    return [(one.key, dict(one.name), str(one.source), dict(one.definition)) for one in given]


def as_kept(kept: Sequence[Named]) -> list[tuple[object, ...]]:
    return [(one.key, dict(one.name), one.source, dict(one.definition)) for one in kept]


def test_stages_and_dimensions_are_kept_with_what_they_mean_in_each_language(pack: Pack) -> None:
    forget_map()
    known = journey_map()
    assert as_kept(known.stages) == as_given(pack.journey.stages)
    assert as_kept(known.dimensions) == as_given(pack.journey.dimensions)
    assert all(stage.definition["zh-hans"] and stage.definition["en"] for stage in known.stages)


def test_installing_again_changes_nothing(pack: Pack) -> None:
    before = journey_map()
    install(pack, built_in_packs()[KEY], by=SYSTEM, now=NOW)
    assert journey_map() == before
