"""Five thousand real customers, seven thousand real incidents and a published survey go through the whole loop, and
every count is checked at every joint against figures computed straight from the files."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from statistics import fmean
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from django.conf import settings

from tests.stories import real_input
from tests.stories.real_input import LOW_TO, QUESTIONS, Caller, callers, incidents, needs
from zhiyin.cases.models import Case, Trigger
from zhiyin.cli import frame
from zhiyin.cli.importing.frame import Totals
from zhiyin.cli.imports import import_command
from zhiyin.cli.measure import measure_command
from zhiyin.cli.policy import policy_command
from zhiyin.cli.survey import survey_command
from zhiyin.cli.worker import run_until_quiet
from zhiyin.journey.models import Interaction
from zhiyin.ledger import chain
from zhiyin.messaging.models import Message
from zhiyin.metrics.engine import ask
from zhiyin.metrics.language import Question
from zhiyin.metrics.mirror import catch_up
from zhiyin.outreach.models import Decision, Invitation
from zhiyin.packs.install import Founding, found
from zhiyin.people.access import Viewer
from zhiyin.responses.hot import PublicPages
from zhiyin.responses.models import Answer, Response

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
EVERYTHING = Viewer.system("story")
ALL_DAY = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'
pytestmark = [pytest.mark.django_db, pytest.mark.real_data, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[datetime], None]:
    """A founded organisation in a folder of its own, and a clock for the command line."""
    moment = [NOW]
    for module in ("imports", "policy", "survey", "measure"):
        monkeypatch.setattr(f"zhiyin.cli.{module}.now", lambda: moment[0])
        monkeypatch.setattr(f"zhiyin.cli.{module}.needs_django", lambda command: command, raising=False)
    monkeypatch.setattr(frame, "set_up", lambda **_options: None)
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    name = {"zh-hans": "真实数据", "en": "Real input"}
    found(Founding(name=name, pack="hotline"), by=EVERYTHING, now=NOW - timedelta(days=1))
    return lambda now: moment.__setitem__(0, now)


def run(command: object, *arguments: object) -> str:
    """A command of ``zhiyin`` as an operator types it; what it printed."""
    result = CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)  # type: ignore[arg-type]  # a click command
    assert result.exit_code == 0, result.output
    return result.output


def totals(output: str) -> Totals:
    pairs = dict(pair.split("=") for pair in output.strip().splitlines()[-1].split() if "=" in pair)
    found = Totals(**{name: int(pairs[name]) for name in ("created", "updated", "duplicate", "refused")})
    assert int(pairs["total"]) == found.created + found.updated + found.duplicate + found.refused
    return found


def published(tmp_path: Path, name: str, text: str, *options: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    run(survey_command, "publish", tmp_path / name, *options)


def test_beijing_callers_go_through_the_whole_loop(at: Callable[[datetime], None], tmp_path: Path) -> None:
    given = list(callers(needs("telecom_voice_satisfaction.csv.gz")))
    assert len(given) == 5433
    published(tmp_path, "voice.toml", real_input.voice_survey(), "--touchpoint", "network=voice_call")
    (tmp_path / "policy.toml").write_text(ALL_DAY, "utf-8")
    run(policy_command, "apply", tmp_path / "policy.toml")

    real_input.write_calls(given, tmp_path / "calls.csv", now=NOW)
    assert totals(run(import_command, "interactions", tmp_path / "calls.csv")).created == 5433
    assert totals(run(import_command, "interactions", tmp_path / "calls.csv")).duplicate == 5433
    run_until_quiet(clock=lambda: NOW)

    # Each interaction exactly one decision, each invite exactly one invitation, one message, one line that left.
    assert Interaction.objects.count() == Decision.objects.count() == 5433
    assert Decision.objects.values("interaction_id").distinct().count() == 5433
    assert set(Decision.objects.values_list("invited", "reason")) == {(True, "")}
    assert Invitation.objects.filter(purpose="service", state="sent").count() == 5433
    assert Message.objects.filter(category="survey", state="sent").count() == 5433
    links = _links(tmp_path)
    assert len(links) == len(set(links.values())) == 5433

    _answer(given, links, at=NOW + timedelta(minutes=30))
    run_until_quiet(clock=lambda: NOW + timedelta(minutes=31))
    _answers_are_the_files(given)
    _cases_are_the_low_answers(given)
    at(NOW + timedelta(hours=1))
    printed = run(measure_command, "top_box", "--by", "question", "--format", "csv")
    for key, share in _top_box(given).items():
        assert f"{key},{share!r}," in printed
    assert chain.verify().is_sound


def _links(tmp_path: Path) -> dict[str, str]:
    """Call number → the token that reached its customer."""
    lines = (tmp_path / "outbox" / "messages.ndjson").read_text("utf-8").splitlines()
    sent = {int(line["invitation"]): line["link"] for line in map(json.loads, lines) if line["invitation"]}
    calls = dict(Invitation.objects.filter(pk__in=list(sent)).values_list("pk", "interaction_id"))
    names = dict(Interaction.objects.values_list("pk", "external_id"))
    return {names[calls[pk] or 0]: link.rsplit("/", 1)[-1] for pk, link in sent.items()}


def _answer(given: list[Caller], links: dict[str, str], *, at: datetime) -> None:
    """Everybody answers on the survey page: the real WSGI application, one POST each."""
    statuses: Counter[str] = Counter()
    seconds = count()
    pages = PublicPages(_nowhere, clock=lambda: at + timedelta(milliseconds=next(seconds)))
    for caller in given:
        body = urlencode(caller.form()).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": f"/s/{links[f'call-{caller.number}']}",
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": f"10.{int(caller.number) % 200}.{int(caller.number) % 250}.1",
            "HTTP_HOST": "127.0.0.1:8000",
            "wsgi.input": BytesIO(body),
        }
        b"".join(pages(environ, lambda status, _headers: statuses.update([status])))
    assert statuses == {"200 OK": len(given)}


def _nowhere(_environ: object, _start: object) -> list[bytes]:
    raise AssertionError("a survey page was looked for elsewhere")


def _top_box(given: list[Caller]) -> dict[str, float]:
    return {key: sum(one.scores[key] == 10 for one in given) / len(given) for key in QUESTIONS}


def _answers_are_the_files(given: list[Caller]) -> None:
    assert Response.objects.count() == len(given)
    stored = Counter(Answer.objects.filter(question__in=QUESTIONS).values_list("question", "value"))
    assert stored == Counter((key, score) for one in given for key, score in one.scores.items())
    catch_up(now=NOW + timedelta(minutes=40))
    everything = Question(measure="mean", by=("question",), units=None)
    means = {figure.key[0]: figure.value for figure in ask(everything).figures}
    for key in QUESTIONS:
        assert means[key] == pytest.approx(fmean(one.scores[key] for one in given), abs=1e-9)
    tops = Question(measure="top_box", by=("question",), units=None)
    shares = {figure.key[0]: figure.value for figure in ask(tops).figures}
    assert shares == pytest.approx(_top_box(given), abs=1e-12)


def _cases_are_the_low_answers(given: list[Caller]) -> None:
    """Each low answer exactly one case; a complaint's case, opened before, takes its answer in."""
    low = sum(one.is_low for one in given)
    triggers = Trigger.objects.filter(kind="response")
    reasons = [{reason["reason"] for reason in row.reasons} for row in triggers]
    assert sum("low_score" in one for one in reasons) == low
    assert triggers.values("ref_id").distinct().count() == triggers.count()
    assert all("low_score" in one or "angry_comment" in one for one in reasons)
    complaints = sum(one.is_complaint for one in given)
    assert Trigger.objects.filter(kind="interaction").count() == complaints
    assert Case.objects.count() == len(set(Trigger.objects.values_list("case_id", flat=True)))
    assert LOW_TO == 6


def test_volvo_incidents_are_taken_in_with_their_owners_and_times(
    at: Callable[[datetime], None], tmp_path: Path
) -> None:
    given = incidents(needs("itsm_volvo_incidents.csv.gz"))
    assert len(given) == 7554
    files = real_input.write_incidents(given, tmp_path)
    for kind in ("units", "staff"):
        assert totals(run(import_command, kind, files[kind])).refused == 0
    assert totals(run(import_command, "interactions", files["interactions"])).created == 7554
    assert Decision.objects.count() == 7554
    assert set(Decision.objects.values_list("invited", "reason")) == {(False, "too_old")}
    one = given[0]
    row = Interaction.objects.get(external_id=one.number)
    assert (row.started_at, row.ended_at) == (one.started_at, one.ended_at)
    catch_up(now=NOW)
    by_staff = {
        figure.key[0]: figure.n for figure in ask(Question(measure="interactions", by=("staff",), units=None)).figures
    }
    assert sorted(by_staff.values()) == sorted(Counter(one.team for one in given).values())


def test_ecsi_answers_are_imported_as_responses(at: Callable[[datetime], None], tmp_path: Path) -> None:
    path = needs("ecsi_mobi.csv")
    items = real_input.write_ecsi(path, tmp_path / "ecsi.csv", now=NOW - timedelta(hours=1))
    assert len(items) == 24
    published(tmp_path, "ecsi.toml", real_input.ecsi_survey(items))
    assert totals(run(import_command, "responses", tmp_path / "ecsi.csv", "--survey", "ecsi_mobile")).created == 250
    rows = list(real_input.read(path))
    catch_up(now=NOW)
    question = Question(measure="mean", by=("question",), where=(("survey", "ecsi_mobile"),), units=None)
    means = {figure.key[0]: figure.value for figure in ask(question).figures}
    assert means == pytest.approx({item.lower(): fmean(int(row[item]) for row in rows) for item in items}, abs=1e-9)
