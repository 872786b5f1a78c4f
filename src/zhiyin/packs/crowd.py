"""The demo's invented customers: what they call about, how they score, what they write. Pure, and the same every time.

How somebody felt follows from the interaction's own number, so that the answer, which comes hours later and perhaps
from another process, fits the encounter.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import exp
from typing import Any
from zoneinfo import ZoneInfo

from zhiyin.journey.rules import FUNNEL
from zhiyin.lib.text import pick
from zhiyin.packs.format import Pack
from zhiyin.packs.shape.sample import Plot, Sparing, Traffic

SOURCE = "demo"
WEEK = timedelta(days=7)
BEGGED = "b"  # behind the number of an encounter in which a score was begged for


@dataclass(frozen=True)
class Person:
    """An invented customer. ``phone`` is empty for the few who have none on file."""

    number: int
    phone: str
    name: str
    brand: str
    segment: str


@dataclass
class Crowd:
    """Everybody who ever called, and the dice. ``ends_at`` is the moment that the plots count back from."""

    pack: Pack
    staff: Mapping[str, Sequence[str]]  # unit code → staff codes
    ends_at: datetime
    seed: int = 20261122
    people: list[Person] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._first = 0

    def interactions(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """The encounters that end between two moments, in order, as the API takes them."""
        moments: list[datetime] = []
        hour = start
        while hour < end:
            until = min(hour + timedelta(hours=1), end)
            expected = self._per_hour(hour) * (until - hour) / timedelta(hours=1)
            moments += [hour + (until - hour) * self._dice.random() for _ in range(self._poisson(expected))]
            hour = until
        for moment in sorted(moments):
            yield self._interaction(moment)

    def _per_hour(self, moment: datetime) -> float:
        volume = self.pack.sample.volume
        local = moment.astimezone(ZoneInfo(self.pack.about.time_zone))
        hours, days = volume.by_hour or (1,) * 24, volume.by_day or (1,) * 7
        return volume.per_day * hours[local.hour] / sum(hours) * days[local.weekday()] * 7 / sum(days)

    def _poisson(self, mean: float) -> int:
        limit, count, product = exp(-mean), 0, self._dice.random()
        while product > limit:
            count += 1
            product *= self._dice.random()
        return count

    def begin_at(self, number: int) -> None:
        """Go on behind an earlier crowd: other numbers, other dice, other people."""
        self.made = number
        self._dice = random.Random(self.seed + number)
        self._first = number

    def one(self, moment: datetime) -> dict[str, Any]:
        """One encounter that ends now, for live traffic."""
        return self._interaction(moment)

    def _interaction(self, moment: datetime) -> dict[str, Any]:
        dice, sample = self._dice, self.pack.sample
        traffic = dice.choices(sample.traffic, [one.share for one in sample.traffic])[0]
        unit = dice.choice(traffic.units)
        plot = self._plot(traffic, unit, moment)
        staff = plot.staff if plot and plot.staff else self.staff.get(unit, ())
        person = self._person()
        self.made += 1
        length = timedelta(seconds=round(dice.lognormvariate(5.2, 0.6)))
        customer = {"external_id": f"C{person.number:06d}", "name": person.name, "brand": person.brand}
        customer |= {"segment": person.segment} | ({"phone": person.phone} if person.phone else {})
        moment_key = self._moment(traffic, plot)
        # Dice of their own, so that what is noted about an encounter changes nothing about who comes and why.
        noted = random.Random(f"noted:{self.seed}:{self.made}")
        attributes: dict[str, Any] = {"moment": moment_key, **self._noted(noted, moment_key, is_plot=plot is not None)}
        if dice.random() < sample.shares.complaint:
            attributes["complaint"] = True
        spared = self._sparing(unit, moment)
        if spared and noted.random() < spared.complaint:
            attributes["complaint"] = True
        if spared and "complaint" in attributes and noted.random() < spared.numberless:
            customer = {"external_id": f"X{self.made:06d}"}
        mark = BEGGED if "begged" in attributes else ""
        item: dict[str, Any] = {
            "source": SOURCE,
            "external_id": f"d{moment:%y%m%d%H%M%S}-{self.made:06d}{mark}{'-' + plot.key if plot else ''}",
            "customer": customer,
            "touchpoint": traffic.touchpoint,
            "unit": unit,
            "started_at": (moment - length).isoformat(),
            "ended_at": moment.isoformat(),
            "attributes": attributes,
        }
        return item | ({"staff": dice.choice(list(staff))} if staff else {})

    def _plot(self, traffic: Traffic, unit: str, moment: datetime) -> Plot | None:
        for plot in self.pack.sample.plots:
            if plot.touchpoint == traffic.touchpoint and unit in plot.units:
                begun = moment >= self.ends_at - plot.from_week * WEEK
                if begun and self._dice.random() < plot.share:
                    return plot
        return None

    def _sparing(self, unit: str, moment: datetime) -> Sparing | None:
        for one in self.pack.sample.sparing:
            if unit in one.units and moment >= self.ends_at - one.from_week * WEEK:
                return one
        return None

    def _moment(self, traffic: Traffic, plot: Plot | None) -> str:
        if plot:
            return plot.moment
        fitting = [one.key for one in self.pack.moments.moments if one.touchpoint == traffic.touchpoint]
        return self._dice.choice(fitting) if fitting else ""

    def _noted(self, dice: random.Random, moment: str, *, is_plot: bool) -> dict[str, Any]:
        """What the calling system and who listened in noted down: errand, first time or not, checklist, begging."""
        shares = self.pack.sample.shares
        found: dict[str, Any] = {
            "errand": dice.choices(("ask", "order", "fault", "dispute"), (45, 33, 14, 8))[0],
            "first_contact": dice.random() >= shares.again,
        }
        if dice.random() < shares.begged:
            found["begged"] = True
        items = next((one.checklist for one in self.pack.moments.moments if one.key == moment), ())
        if items and dice.random() < shares.observed:
            likely = shares.item_done * (0.6 if is_plot else 1.0)
            found["checklist"] = [item.key for item in items if dice.random() < likely]
        return found

    def _person(self) -> Person:
        dice, sample = self._dice, self.pack.sample
        if self.people and dice.random() < sample.shares.returning:
            return dice.choice(self.people)
        number = self._first + len(self.people) + 1
        phone = f"1{dice.choice('3579')}{dice.randrange(10**9):09d}"
        person = Person(
            number=number,
            phone="" if dice.random() < sample.shares.no_phone else phone,
            name=dice.choice(sample.names.surnames) + dice.choice(sample.names.forms),
            brand=pick(dice.choices(sample.brands, [one.share for one in sample.brands])[0].name, "zh-hans"),
            segment=pick(dice.choices(sample.segments, [one.share for one in sample.segments])[0].name, "zh-hans"),
        )
        self.people.append(person)
        return person


def opens(pack: Pack, *, external_id: str) -> bool:
    """Whether this customer looks at the page at all; more do than answer."""
    return random.Random(f"answer:{external_id}").random() <= pack.sample.shares.opened


def answers(pack: Pack, *, survey: str, external_id: str, touchpoint: str) -> dict[str, list[str]] | None:
    """The form that this customer sends, or None when they do not answer."""
    sample, dice = pack.sample, random.Random(f"answer:{external_id}")
    if dice.random() > sample.shares.opened * sample.shares.completed:
        return None
    asked = next(one for one in pack.surveys if one.key == survey)
    if asked.purpose == "recovery":
        return _recovery(pack, asked.questions, dice)
    traffic = next((one for one in sample.traffic if one.touchpoint == touchpoint), sample.traffic[0])
    plot = next((one for one in sample.plots if external_id.endswith(one.key)), None)
    shape: Traffic | Plot = plot or traffic
    form: dict[str, list[str]] = {}
    mood = dice.random()
    begged = external_id.partition("-")[2].partition("-")[0].endswith(BEGGED)
    for question in asked.questions:
        if question.kind != "scale":
            continue
        halo = sample.scores.halo
        draw = mood if question.key == asked.roles.headline or dice.random() < halo else dice.random()
        top = shape.by_dimension.get(question.dimension or "", shape.top) if question.dimension else shape.top
        low_share = min(shape.low, 1 - sample.shares.begged_top) if begged else shape.low
        top = max(top, sample.shares.begged_top) if begged else top
        form[question.key] = [str(_score(draw, top, low_share, sample.scores.low, sample.scores.middle, dice))]
    low = any(int(values[0]) <= 6 for values in form.values())
    _words(pack, form, shape, touchpoint, low=low, survey=asked, dice=dice)
    return form


def _score(
    draw: float, top: float, low: float, lows: Sequence[float], middles: Sequence[float], dice: random.Random
) -> int:
    if draw < low:
        return dice.choices(range(len(lows)), lows)[0]
    if draw < 1 - top:
        return dice.choices(range(len(lows), len(lows) + len(middles)), middles)[0]
    return 10


def interviews(pack: Pack, *, day: date) -> Iterator[dict[str, Any]]:
    """The answers of a study that come in on a day, as the API takes them; the same every time."""
    for study in pack.sample.studies:
        dice = random.Random(f"study:{study.survey}:{day}")
        asked = next(one for one in pack.surveys if one.key == study.survey)
        weekday_share = study.per_week / 5 if day.weekday() < 5 else 0
        for number in range(int(weekday_share) + (dice.random() < weekday_share % 1)):
            mood = dice.gauss(8.2, 1.4)
            traffic = dice.choices(pack.sample.traffic, [one.share for one in pack.sample.traffic])[0]
            yield {
                "source": "interview",
                "external_id": f"{study.survey}-{day}-{number}",
                "survey": study.survey,
                "touchpoint": traffic.touchpoint,
                "unit": dice.choice(traffic.units),
                "answers": {
                    question.key: _interview_score(question, mood, study.gap, dice)
                    for question in asked.questions
                    if question.scale
                },
            }


def _interview_score(question: Any, mood: float, gap: float, dice: random.Random) -> int:
    scale = question.scale
    felt = dice.gauss(8.9 if question.expects else mood, 0.8) + (gap - 0.6 if question.expects else 0)
    score = min(max(felt / 10 * scale.high, scale.low), scale.high)
    return int(round(score))


def funnel_day(pack: Pack, *, day: date) -> Iterator[dict[str, Any]]:
    """The counts of a day's purchase funnel, step by step; the same every time."""
    for funnel in pack.sample.funnels:
        dice = random.Random(f"funnel:{funnel.touchpoint}:{day}")
        unit = next(one.units[0] for one in pack.sample.traffic if one.touchpoint == funnel.touchpoint)
        count = round(funnel.first * (0.8 if day.weekday() >= 5 else 1.0) * dice.uniform(0.9, 1.1))
        for step, share in zip(FUNNEL, (1.0, *funnel.steps), strict=True):
            count = round(count * share * (1 if step == FUNNEL[0] else dice.uniform(0.92, 1.08)))
            place = {"touchpoint": funnel.touchpoint, "unit": unit, "source": SOURCE}
            yield {"counter": step, "day": day, "value": count, **place}


def _recovery(pack: Pack, questions: Sequence[Any], dice: random.Random) -> dict[str, list[str]]:
    """Asked again after their case: most are content, the others say how far it is solved."""
    happy = dice.random() < pack.sample.shares.recovered
    form: dict[str, list[str]] = {}
    for question in questions:
        if question.kind == "scale":
            form[question.key] = [str(10 if happy else dice.choices((4, 7, 8, 9), (1, 2, 3, 3))[0])]
        elif question.options:
            keys = [option.key for option in question.options]
            form[question.key] = [keys[0] if happy else dice.choice(keys[1:] or keys)]
    return form


def _words(
    pack: Pack,
    form: dict[str, list[str]],
    shape: Traffic | Plot,
    touchpoint: str,
    *,
    low: bool,
    survey: Any,
    dice: random.Random,
) -> None:
    shares = pack.sample.shares
    feelings = ("negative", "angry") if low else ("positive", "neutral")
    topics = shape.topics if isinstance(shape, Plot) and low else ()
    if dice.random() < (shares.comment_when_low if low else shares.comment_otherwise):
        fitting = [
            one
            for one in pack.sample.verbatims
            if one.feeling in feelings
            and (not one.touchpoints or touchpoint in one.touchpoints)
            and (not topics or one.topic in topics)
        ]
        if fitting:
            form["comment"] = [pick(dice.choice(fitting).text, "zh-hans")]
    if low and survey.follow_up:
        named = shape.reasons if isinstance(shape, Plot) else ()
        keys = [one.key for one in survey.follow_up.reasons]
        usable = [key for key in named if key in keys] or keys
        form["reasons"] = dice.sample(usable, k=min(len(usable), dice.choice((1, 1, 2))))
        if dice.random() < shares.call_me_when_low:
            form["call_me"] = ["1"]
