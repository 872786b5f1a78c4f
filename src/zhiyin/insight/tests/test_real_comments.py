"""The hotline pack's lexicon on thousands of real comments that nobody on this project wrote.

The data are reviews of food deliveries and goods with a label, good or bad. A good one is hardly ever angry; a bad one
sometimes is. The lexicon was not made from them.
"""

import csv
import gzip
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import zhiyin
from zhiyin.insight.rules import lexicon_of, read_comment

ROOT = Path(__file__).resolve().parents[4]
SHARED = Path(os.environ.get("ZHIYIN_SHARED_DATA") or ROOT.parent / "shared" / "data")
PACK = Path(zhiyin.__file__).parent / "packs" / "hotline" / "emotions.toml"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not SHARED.is_dir(), reason="The public data sets are not here: name their folder in ZHIYIN_SHARED_DATA."
    ),
]


def reviews(name: str) -> Iterator[tuple[bool, str]]:
    """Whether it is a good one, and its words."""
    with gzip.open(SHARED / name, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield row["label"] == "1", row["review"]


@pytest.mark.parametrize(
    ("name", "good_at_most", "bad_at_least"),
    [("waimai_10k.csv.gz", 0.001, 0.03), ("shop_reviews_9cats.csv.gz", 0.003, 0.05)],
)
def test_praise_is_not_read_as_anger(name: str, good_at_most: float, bad_at_least: float) -> None:
    lexicon = lexicon_of(tomllib.loads(PACK.read_text("utf-8")))
    read = {True: [0, 0], False: [0, 0]}  # angry, all
    for is_good, words in reviews(name):
        read[is_good][0] += read_comment(words, lexicon).is_angry
        read[is_good][1] += 1
    good, bad = (angry / everything for angry, everything in (read[True], read[False]))
    assert good <= good_at_most
    assert bad >= bad_at_least
    assert bad > 20 * good
