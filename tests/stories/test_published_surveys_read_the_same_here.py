"""Surveys that others published go through ``zhiyin import`` to the figures that pandas finds in the files."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from django.conf import settings

from tests.stories.real_input import needs, slug, study, write_table
from zhiyin.cli import frame
from zhiyin.cli.imports import import_command
from zhiyin.cli.survey import survey_command
from zhiyin.journey.actions import declare_attribute
from zhiyin.lib import intervals
from zhiyin.lib.text import both
from zhiyin.metrics.engine import ask
from zhiyin.metrics.language import Answer, Question
from zhiyin.metrics.mirror import catch_up
from zhiyin.packs.install import Founding, found
from zhiyin.people.access import Viewer

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.real_data, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(autouse=True)
def _organisation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in ("imports", "survey"):
        monkeypatch.setattr(f"zhiyin.cli.{module}.now", lambda: NOW)
    monkeypatch.setattr(frame, "set_up", lambda **_options: None)
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    found(Founding(name=both("真实数据", "Real input"), pack="hotline"), by=SYSTEM, now=NOW - timedelta(days=1))


SYSTEM = Viewer.system("story")


def run(command: Any, *arguments: object) -> str:
    result = CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def imported(tmp_path: Path, key: str, text: str, header: list[str], rows: list[list[object]]) -> None:
    (tmp_path / f"{key}.toml").write_text(text, "utf-8")
    run(survey_command, "publish", tmp_path / f"{key}.toml")
    file = tmp_path / f"{key}.csv"
    write_table(file, ["external_id", "answered_at", *header], iter(rows))
    assert f"created={len(rows)} " in run(import_command, "responses", file, "--survey", key)
    catch_up(now=NOW)


def asked(measure: str, survey: str, *by: str) -> Answer:
    return ask(Question(measure=measure, by=by, where=(("survey", survey),), units=None), floor=1)


def values(answer: Answer) -> dict[Any, float | None]:
    return {key: figure.value for key, figure in answer.by_key().items()}


def rows_of(frame_of: pd.DataFrame, cells: Callable[[Any], list[object]]) -> list[list[object]]:
    at = (NOW - timedelta(hours=1)).isoformat()
    return [[f"row-{place}", at, *cells(row)] for place, row in enumerate(frame_of.itertuples(index=False), 1)]


def test_airline_passengers(tmp_path: Path) -> None:
    table = pd.read_csv(needs("airline_passengers.csv.gz"))
    assert len(table) == 25_976
    ratings = list(table.columns[7:21])
    for key in ("travel", "cabin"):
        declare_attribute(key, name=both(key, key))
    questions = {"satisfied": "yes_or_no", **{slug(name): "five" for name in ratings}}
    text = study("airline", {"yes_or_no": (0, 1), "five": (1, 5)}, questions, headline="satisfied", top=1)

    def cells(row: Any) -> list[object]:
        given = dict(zip(table.columns, row, strict=True))
        scores = ["" if given[name] == 0 else int(given[name]) for name in ratings]  # 0 is "not applicable"
        return [int(given["satisfaction"] == "satisfied"), *scores, given["Type of Travel"], given["Class"]]

    imported(tmp_path, "airline", text, [f"q_{key}" for key in questions] + ["travel", "cabin"], rows_of(table, cells))
    applicable = table[ratings].where(table[ratings] > 0)
    means = values(asked("mean", "airline", "question"))
    assert {slug(name): means[slug(name)] for name in ratings} == pytest.approx(
        {slug(name): applicable[name].mean() for name in ratings}, abs=1e-9
    )
    deviations = values(asked("standard_deviation", "airline", "question"))
    assert {slug(name): deviations[slug(name)] for name in ratings} == pytest.approx(
        {slug(name): applicable[name].std() for name in ratings}, abs=1e-9
    )
    satisfied = table.assign(hit=table.satisfaction == "satisfied").groupby(["Class", "Type of Travel"]).hit
    shares = asked("top_box", "airline", "attr.cabin", "attr.travel").by_key()
    for key, group in satisfied:
        known = intervals.share(hits=int(group.sum()), n=len(group))
        assert (shares[key].value, shares[key].low, shares[key].high, shares[key].n) == (
            pytest.approx(group.mean()),
            known.low,
            known.high,
            len(group),
        )
    assert set(shares) == set(satisfied.groups)


def test_hospital_patients(tmp_path: Path) -> None:
    table = pd.read_csv(needs("patient_experience_cms.csv"))
    wide = table.pivot_table(index="org_pac_id", columns="measure_cd", values="prf_rate")
    questions = {slug(name): "rate" for name in wide.columns}
    text = study("cms", {"rate": (0, 100)}, questions, headline=slug(wide.columns[0]), top=90)

    def cells(row: Any) -> list[object]:
        return ["" if pd.isna(one) else int(one) for one in row]

    assert (wide.fillna(0) % 1 == 0).all(axis=None)
    imported(tmp_path, "cms", text, [f"q_{key}" for key in questions], rows_of(wide, cells))
    found_means = asked("mean", "cms", "question").by_key()
    for name in wide.columns:
        figure, known = found_means[slug(name)], wide[name].dropna()
        assert (figure.value, figure.n) == (pytest.approx(known.mean(), abs=1e-9), len(known))
        half = known.sem() * intervals.t_quantile(0.975, len(known) - 1)
        assert figure.high == pytest.approx(known.mean() + half, abs=1e-6)


def test_residents_of_copenhagen_counted_from_a_table(tmp_path: Path) -> None:
    table = pd.read_csv(needs("resident_satisfaction_housing.csv"))
    people = table.loc[table.index.repeat(table.Freq)]
    assert len(people) == 1681
    levels = {"Low": 1, "Medium": 2, "High": 3}
    for key in ("influence", "housing", "contact"):
        declare_attribute(key, name=both(key, key))
    text = study("housing", {"three": (1, 3)}, {"sat": "three"}, headline="sat", top=3)

    def cells(row: Any) -> list[object]:
        return [levels[row.Sat], row.Infl, row.Type, row.Cont]

    imported(tmp_path, "housing", text, ["q_sat", "influence", "housing", "contact"], rows_of(people, cells))
    spread = values(asked("distribution", "housing"))
    weighed = table.groupby("Sat").Freq.sum() / table.Freq.sum()
    assert spread == pytest.approx({levels[name]: share for name, share in weighed.items()})
    top = asked("top_box", "housing", "attr.housing", "attr.influence", "attr.contact").by_key()
    cut = table.assign(high=table.Freq.where(table.Sat == "High", 0)).groupby(["Type", "Infl", "Cont"])
    for key, row in cut[["high", "Freq"]].sum().iterrows():
        assert (top[key].value, top[key].n) == (pytest.approx(row.high / row.Freq), row.Freq)
    assert len(top) == 24
    means = values(asked("mean", "housing", "attr.housing"))
    for name, group in people.assign(score=people.Sat.map(levels)).groupby("Type").score:
        assert means[name] == pytest.approx(group.mean())
