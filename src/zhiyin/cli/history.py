"""The demo's past and present: the sample crowd's encounters through the very actions of the product, on any clock."""

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from django.conf import settings

from zhiyin.cli.crew import DEMO, Crew
from zhiyin.journey import counters
from zhiyin.ledger import chain, deliver
from zhiyin.lib.canonical import canonical
from zhiyin.lib.crypto import digest
from zhiyin.metrics import mirror
from zhiyin.outreach import dispatch, intake
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.queries import Asked, asked_about
from zhiyin.outreach.tokens import token_hash
from zhiyin.packs.crowd import Crowd, answers, funnel_day, interviews, opens
from zhiyin.packs.install import found_sample, pack_of
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_of, units_of
from zhiyin.responses import intake as answers_in
from zhiyin.responses.opened import Opened
from zhiyin.responses.rules import fill_page
from zhiyin.responses.submission import Submission, submit
from zhiyin.surveys.queries import VersionCard, versions_by_id

STEP = timedelta(hours=6)
TOLD_AT = time(17, 30)
PACK = "hotline"
AT_ANY_HOUR = """[sending_hours]
from = "00:00"
to = "24:00"
source = "default"
why = { zh-hans = "演示不分昼夜，消息随时下发。", en = "Demo: looked at by night, too, so messages leave at any hour." }

"""
Coming = tuple[datetime, int, str, Asked]  # when the answer comes, the invitation, its token, what it asks about


class Stage:
    """The crowd, the crew and the answers that are still to come."""

    def __init__(self, *, ends_at: datetime) -> None:
        self.pack = pack_of(PACK)
        self.crowd = Crowd(self.pack, _staff_by_unit(), ends_at)
        self.crew = Crew(self.pack, ends_at=ends_at)
        self.coming: list[Coming] = []
        self._read_to = 0
        self._versions: dict[int, VersionCard] = {}

    def play(self, start: datetime, end: datetime) -> None:
        """One stretch of time: encounters, invitations, answers, cases."""
        items = list(self.crowd.interactions(start, end))
        for first in range(0, len(items), 1000):
            intake.receive(items[first : first + 1000], by=DEMO, now=end)
        self.told_by_others(start, end)
        self.after(end)

    def told_by_others(self, start: datetime, end: datetime) -> None:
        """What comes in once a day, towards its evening: interviews of a study, counts of the purchase funnel."""
        zone = ZoneInfo(settings.TIME_ZONE)
        day = start.astimezone(zone).date()
        while (at := datetime.combine(day, TOLD_AT, tzinfo=zone)) < end:
            if at >= start:
                given = interviews(self.pack, day=day)
                answers_in.receive([one | {"answered_at": at.isoformat()} for one in given], by=DEMO, now=end)
                counters.tell(list(funnel_day(self.pack, day=day)), by=DEMO, now=end)
            day += timedelta(days=1)

    def after(self, now: datetime) -> None:
        """What follows from what came in, up to now."""
        dispatch.send_due(worker="demo", clock=lambda: now, limit=100_000)
        self.expect_answers()
        self.answer(now)
        while deliver.deliver_pending(now=now):
            pass
        self.crew.work(now)
        while deliver.deliver_pending(now=now):
            pass

    def answer(self, now: datetime) -> int:
        """Open the pages and send the forms whose time has come."""
        due = []
        while self.coming and self.coming[0][0] <= now:
            due.append(heappop(self.coming))
        opened = Opened()
        for at, invitation, _token, asked in due:
            if self.opens(asked):
                looked = Random(f"opened:{invitation}").uniform(0.3, 12)
                opened.note(invitation, now=max(at - timedelta(minutes=looked), asked.sent_at or at))
        opened.write()
        return sum(self._send_form(at, token, asked) for at, _invitation, token, asked in due)

    def form_for(self, asked: Asked) -> dict[str, list[str]] | None:
        """What this customer will answer; None where they do not."""
        card = self._version(asked.survey_version_id)
        return answers(self.pack, survey=card.survey, external_id=asked.external_id, touchpoint=asked.touchpoint)

    def opens(self, asked: Asked) -> bool:
        """Whether this customer looks at the page at all."""
        return opens(self.pack, external_id=asked.external_id)

    def _version(self, version_id: int) -> VersionCard:
        if version_id not in self._versions:
            self._versions |= versions_by_id({version_id})
        return self._versions[version_id]

    def _send_form(self, at: datetime, token: str, asked: Asked) -> bool:
        card, given = self._version(asked.survey_version_id), self.form_for(asked)
        if given is None:
            return False
        filled = fill_page(given, card.questionnaire)
        body = UUID(bytes=digest(canonical(given))[:16])
        submission = Submission(
            token=token_hash(token), version_id=card.id, filled=filled, language="zh-hans", body=body
        )
        return submit(submission, now=at) is not None

    def expect_answers(self) -> None:
        """Read what reached the outbox since last time, and throw the dice on when each customer will answer."""
        lines = list(self.new_lines())
        known = asked_about([int(line["invitation"]) for line in lines if line.get("invitation")], by=DEMO)
        for line in lines:
            asked = known.get(int(line["invitation"] or 0))
            if asked is None or asked.sent_at is None:
                continue
            dice = Random(f"when:{asked.invitation_id}")
            minutes = min(dice.lognormvariate(3.4, 1.1), 470)
            token = str(line["link"]).rsplit("/", 1)[-1]
            heappush(self.coming, (asked.sent_at + timedelta(minutes=minutes), asked.invitation_id, token, asked))

    def new_lines(self) -> Iterator[dict[str, str]]:
        """The outbox's lines since the last look; an unfinished last line waits."""
        path = Path(settings.DATA_DIR) / "outbox" / "messages.ndjson"
        if not path.exists():
            return
        with path.open("rb") as file:
            file.seek(self._read_to)
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                self._read_to += len(raw)
                yield json.loads(raw)

    def skip_what_was_sent(self) -> None:
        """Start from the end of the outbox: what is in it was answered, or will not be."""
        path = Path(settings.DATA_DIR) / "outbox" / "messages.ndjson"
        self._read_to = path.stat().st_size if path.exists() else 0


def _staff_by_unit() -> dict[str, list[str]]:
    codes = {unit.id: unit.code for unit in units_of(by=DEMO)}
    found: dict[str, list[str]] = {}
    for member in staff_of(by=DEMO, roles=("agent",)):
        found.setdefault(codes[member.unit_id], []).append(member.code)
    return found


def build_history(*, weeks: int, until: datetime, password: str, show: bool) -> None:
    """Found the sample organisation and let its past happen, ending now."""
    from zhiyin.cli.serve import migrate  # noqa: PLC0415  (they import each other's neighbours)

    migrate(quiet=True)
    pack = pack_of(PACK)
    start = until - timedelta(weeks=weeks or pack.sample.volume.weeks)
    found_sample(PACK, password=password, by=Viewer.system("demo"), now=start)
    _play(start, until, show=show, remembers=False)
    apply_policy(around_the_clock(pack.policy_text), by=DEMO, now=until)


def around_the_clock(policy: str) -> str:
    """The demo is looked at by night, too: from here on messages leave at any hour."""
    return re.sub(r"^\[sending_hours\].*?(?=^\[)", AT_ANY_HOUR, policy, flags=re.MULTILINE | re.DOTALL)


def play_on(*, until: datetime, show: bool) -> None:
    """Go on from where a kept history ended."""
    held = mirror.manifest().as_of
    if held is not None and held < until:
        _play(held, until, show=show, remembers=True)


def _play(start: datetime, until: datetime, *, show: bool, remembers: bool) -> None:
    stage = Stage(ends_at=until)
    if remembers:
        stage.skip_what_was_sent()
        stage.crowd.begin_at(round((until - start) / timedelta(days=1)) + 100_000)
    moments = []
    while start < until:
        moments.append((start, min(start + STEP, until)))
        start += STEP
    with click.progressbar(moments, label="sample history", hidden=not show, file=sys.stderr) as steps:
        for first, last in steps:
            stage.play(first, last)
    chain.seal_all()
    chain.anchor(now=until)
    while mirror.refresh(now=until):
        pass
