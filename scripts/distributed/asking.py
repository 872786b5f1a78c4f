"""The examination: what DuckDB said to each question, and whether another engine says the same."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from scripts.distributed.cluster import Cluster
from scripts.distributed.comparing import differences, differing_records
from scripts.distributed.questions import World, every_cut, random_cuts
from zhiyin.metrics import engine as metrics
from zhiyin.metrics import engines, mirror
from zhiyin.metrics.engine import Records, ask, records
from zhiyin.metrics.language import Answer, Question


@dataclass(frozen=True)
class Asked:
    """A question with what DuckDB said to it, and to who stands behind its figure where that was asked, too."""

    question: Question
    answer: Answer
    behind: Records | None

    @property
    def what(self) -> str:
        one = self.question
        parts = [one.measure, f"by {', '.join(one.by)}" if one.by else "", f"where {one.where}" if one.where else ""]
        return " ".join(part for part in parts if part)


class Examination:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.rolled_up = 0

    def answer_embedded(self) -> None:
        """Ask everything here. A figure without rows would prove nothing, so most of them have to have some."""
        questions = [*every_cut()]
        for question in [*questions, *random_cuts(_world())]:
            behind = None if question.by else records(question, limit=20)
            self.asked.append(Asked(question, ask(question, floor=0), behind))
        filled = sum(1 for one in self.asked if one.answer.figures)
        if filled < len(self.asked) // 2:
            raise RuntimeError(f"Only {filled} of {len(self.asked)} questions have an answer: the sample is too small.")
        facts = {fact.name for fact in mirror.facts()}
        plans = [ready.plan.source.name for _definitions, found in metrics._plans.values() for ready in found]
        self.rolled_up = sum(1 for name in plans if name not in facts)

    def compared(self, one: Asked, url: str) -> tuple[str, list[str]]:
        """The question in words, and in what the other engine differs."""
        try:
            with asking(url):
                wrong = differences(one.answer, ask(one.question, floor=0))
                if one.behind is not None:
                    wrong += differing_records(one.behind, records(one.question, limit=20))
        except Exception as failed:  # whatever it is, it is told with its question and the next one is asked
            return one.what, [f"{type(failed).__name__}: {failed} {failed.__cause__ or ''}"[:400]]
        return one.what, wrong

    def control(self, url: str) -> list[str]:
        """Alter a question on one side: the comparison has to notice, else all of its agreement says nothing."""
        one = next(one for one in self.asked if not one.question.by and one.answer.figures and one.answer.whole.n > 1)
        key = next(
            found.question.by[0]
            for found in self.asked
            if found.question.measure == one.question.measure
            and len(found.question.by) == 1
            and len(found.answer.figures) > 1
            and isinstance(found.answer.figures[0].key[0], str)
        )
        with asking(url):
            value = ask(Question(measure=one.question.measure, by=(key,), units=None)).figures[0].key[0]
            altered = ask(replace(one.question, where=((key, value),)), floor=0)
        return [] if differences(one.answer, altered) else ["the comparison took another question's answer"]

    def stop(self, url: str) -> None:
        made: Any = engines._engine(url)
        made.stop()


@contextmanager
def asking(url: str) -> Iterator[None]:
    """Whoever asks in here asks that engine. Nothing asks another one meanwhile."""
    settings.ANALYTICS_URL = url
    yield


def workers_at_work(url: str, cluster: Cluster) -> list[str]:
    """What is wrong, unless every worker's executor finished tasks, by Spark's own status store."""
    made: Any = engines._engine(url)
    store = made.session().sparkContext._jsc.sc().statusStore()
    executors = store.executorList(False)
    done = {}
    for number in range(executors.size()):
        one = executors.apply(number)
        if one.id() != "driver":
            done[one.id()] = one.completedTasks()
    print(f"Spark: tasks finished by executor: {done}; workers: {[one['id'] for one in cluster.workers()]}", flush=True)
    busy = [one for one, tasks in done.items() if tasks]
    holding = [one for one in cluster.workers() if one["coresused"]]
    if len(busy) < 2 or len(holding) < 2:
        return [f"executors at work: {busy}, workers holding one: {len(holding)}"]
    return []


def _world() -> World:
    def keys(by: str) -> Sequence[Any]:
        answer = ask(Question(measure="interactions", by=(by,), units=None))
        return [figure.key[0] for figure in answer.figures if figure.key[0] is not None]

    days = [datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(settings.TIME_ZONE)) for day in keys("day")]
    return World(tuple(keys("unit")), min(days), max(days) + timedelta(days=1))
