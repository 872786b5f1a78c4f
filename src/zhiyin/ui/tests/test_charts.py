import json

import pytest
from django.template import Context, TemplateSyntaxError
from django.utils import translation

from zhiyin.ui import charts, frames

TREND = charts.ChartConfig(
    title="Top-box rate",
    label_heading="Week",
    labels=["5/25", "6/1"],
    series=[
        charts.Series(
            name="rate", values=[0.786, None], low=[0.779, None], high=[0.793, None], n=[540, 12], signals={0: "out"}
        )
    ],
    limits=charts.Limits(
        low=[0.78] * 2, high=[0.82] * 2, centre=0.803, low_label="LCL", high_label="UCL", centre_label="mean"
    ),
    marks=[charts.Mark("launch", at=1), charts.Mark("target", value=0.82)],
    bottom=0.75,
    top=0.84,
)
PLANE = charts.ChartConfig(
    title="Importance × performance",
    kind="quadrants",
    unit="weight",
    x_label="performance",
    y_label="importance",
    points=[charts.Point(label="speed", x=0.742, y=0.19, x_low=0.73, x_high=0.75, is_significant=False)],
    quadrants=charts.Quadrants(x=0.8, y=0.15, names=("first", "keep", "less", "passing")),
)


def test_shares_are_sent_as_people_read_them():
    sent = json.loads(json.dumps(TREND.as_json()))
    assert sent["series"][0]["values"] == [78.6, None]
    assert sent["series"][0]["low"] == [77.9, None]
    assert sent["limits"]["low"] == [78.0, 78.0]
    assert sent["marks"] == [
        {"label": "launch", "at": 1, "value": None},
        {"label": "target", "at": None, "value": 82.0},
    ]
    assert (sent["bottom"], sent["top"], sent["suffix"]) == (75.0, 84.0, "%")


def test_the_table_says_what_the_chart_says():
    with translation.override("en"):
        table = frames.table_of(TREND)
    assert table.headings == ["Week", "rate", "95% interval", "n", "LCL", "UCL"]
    assert table.rows == [
        ("5/25", ["78.6% out", "77.9–79.3", "540", "78.0", "82.0"]),
        ("6/1", ["—", "—", "12", "78.0", "82.0"]),
    ]


def test_a_contribution_is_signed_and_has_two_decimals():
    config = charts.ChartConfig(
        title="why",
        kind="contribution",
        labels=["calls", "total"],
        series=[charts.Series(name="part", kind="bar", values=[-0.0093, 0.0031])],
    )
    assert [cells for _, cells in frames.table_of(config).rows] == [["−0.93"], ["+0.31"]]


def test_a_plane_has_each_axis_in_its_own_unit():
    sent = PLANE.as_json()
    assert sent["points"] == [
        {"label": "speed", "x": [73.0, 74.2, 75.0], "y": [None, 0.19, None], "significant": False}
    ]
    assert sent["quadrants"] == {"x": 80.0, "y": 0.15, "names": ["first", "keep", "less", "passing"]}
    with translation.override("en"):
        rows = frames.table_of(PLANE).rows
    assert rows == [("speed", ["74.2%", "73.0–75.0", "0.19 (not significant)", "—"])]


def test_an_unknown_size_is_refused():
    with pytest.raises(TemplateSyntaxError, match="sm, md, lg, xl"):
        frames.chart(Context({}), "trend", TREND, "huge")
