"""Every address × every role × every branch: who gets in, and that another branch's rows are not there (R19 to R21).

An address that has no row here fails the test: whoever adds a page says here who may see it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.contracts.api_calls import Caller, found, interaction, make_organisation, rows
from zhiyin.cases.rules.steps import Action
from zhiyin.ledger.queries import count_since
from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.models import Message
from zhiyin.messaging.receiving.testing import make_reply
from zhiyin.people.access import viewer_by_id
from zhiyin.people.identify import find_customer
from zhiyin.people.models import Staff
from zhiyin.people.roles import Role
from zhiyin.people.testing import NOW, PASSWORD, SYSTEM, make_staff
from zhiyin.reports.explorer import keeping, scheduling
from zhiyin.reports.explorer.rules import Rhythm
from zhiyin.surveys.queries import current_version

pytestmark = pytest.mark.django_db
A, L, Q, O, E, U, D = (  # noqa: E741  (O for the owner of a touchpoint)
    Role.AGENT,
    Role.TEAM_LEAD,
    Role.QUALITY_MANAGER,
    Role.TOUCHPOINT_OWNER,
    Role.EXECUTIVE,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
ALL = {A, L, Q, O, E, U, D}
FIGURES, VERBATIMS, OUTREACH = {L, Q, O, E}, {L, Q, O}, {Q, O, E, U, D}
DESK, LEADS, RUNS = {A, L, Q, O}, {L, Q, O}, {Q, D}


@dataclass(frozen=True)
class Page:
    """One address. ``get`` and ``post``: the roles that may; None: this method is not taken. ``row``: the address names
    a row of a branch, so that outsiders must find nothing there. ``whole``: it concerns every branch, so that these
    roles may only at the head of the whole organisation, and nobody in a branch."""

    path: str
    get: set[Role] | None = None
    post: set[Role] | None = None
    row: bool = False
    whole: bool = False


PAGES = {
    "reports:home": Page("/", get=ALL),
    "reports:overview": Page("/overview/", get=FIGURES),
    "reports:definition": Page("/measures/care_index/", get=FIGURES, post={Q}),
    "reports:sureness": Page("/measures/top_box/sureness/", get=FIGURES),
    "reports:audit": Page("/settings/audit/", get={U, D}),
    "care_grid:grid": Page("/overview/grid/", get=FIGURES),
    "funnel:funnel": Page("/funnel/", get=OUTREACH),
    "sites:compare": Page("/compare/", get=FIGURES),
    "agents:agents": Page("/agents/", get=FIGURES | {A}),  # an agent is led to their own page
    "agents:agent": Page("/agents/{staff}/", get=FIGURES, row=True),
    "explorer:explorer": Page("/explorer/", get=FIGURES),
    "explorer:records": Page("/explorer/records/", get=VERBATIMS),
    "explorer:download": Page("/explorer/download/", post=FIGURES),
    "explorer:save": Page("/explorer/save/", get=FIGURES, post=FIGURES),
    "explorer:views": Page("/explorer/views/", get=FIGURES),
    "explorer:view": Page("/explorer/views/{own_view}/", get=FIGURES, row=True),
    "explorer:edit_view": Page("/explorer/views/{own_view}/edit/", get=FIGURES, post=FIGURES, row=True),
    "explorer:delete_view": Page("/explorer/views/{own_view}/delete/", post=FIGURES, row=True),
    "explorer:restore_view": Page("/explorer/views/{own_view}/restore/", post=FIGURES, row=True),
    "explorer:dashboards": Page("/explorer/dashboards/", get=FIGURES, post=FIGURES),
    "explorer:dashboard": Page("/explorer/dashboards/{own_board}/", get=FIGURES, row=True),
    "explorer:edit_dashboard": Page("/explorer/dashboards/{own_board}/edit/", get=FIGURES, post=FIGURES, row=True),
    "explorer:delete_dashboard": Page("/explorer/dashboards/{own_board}/delete/", post=FIGURES, row=True),
    "explorer:restore_dashboard": Page("/explorer/dashboards/{own_board}/restore/", post=FIGURES, row=True),
    "explorer:pin": Page("/explorer/dashboards/{own_board}/pin/", post=FIGURES, row=True),
    "explorer:tile": Page("/explorer/dashboards/{own_board}/tiles/{own_tile}/", get=FIGURES, row=True),
    "explorer:move": Page("/explorer/dashboards/{own_board}/tiles/{own_tile}/move/", post=FIGURES, row=True),
    "explorer:schedules": Page("/explorer/schedules/", get=FIGURES),
    "explorer:new_schedule": Page("/explorer/schedules/new/?view={own_view}", get=FIGURES, post=FIGURES, row=True),
    "explorer:schedule": Page("/explorer/schedules/{own_schedule}/", get=FIGURES, post=FIGURES, row=True),
    "explorer:switch_schedule": Page("/explorer/schedules/{own_schedule}/switch/", post=FIGURES, row=True),
    "journey:journeys": Page("/journeys/", get=FIGURES),
    "journey:moment": Page("/journeys/nothing/", get=FIGURES),
    "surveys:surveys": Page("/surveys/", get=OUTREACH),
    "surveys:survey": Page("/surveys/call/", get=OUTREACH),
    "outreach:monitor": Page("/outreach/", get=OUTREACH),
    "outreach:decisions": Page("/outreach/decisions/", get=OUTREACH),
    "outreach:decision": Page("/outreach/decisions/{interaction}/", get=OUTREACH, row=True),
    "outreach:invitations": Page("/outreach/invitations/", get=OUTREACH),
    "outreach:why": Page("/outreach/why/", get=OUTREACH),
    "outreach:doubts": Page("/outreach/doubts/", get=OUTREACH),
    "outreach:decide_doubt": Page("/outreach/doubts/{message}/", post=RUNS, row=True),
    "outreach:failed": Page("/outreach/failed/", get=OUTREACH),
    "outreach:requeue": Page("/outreach/failed/{message}/", post=RUNS, row=True),
    "outreach:rehearsal": Page("/outreach/rehearsal/", get=OUTREACH, post=RUNS),
    "outreach:replies": Page("/outreach/replies/", get=OUTREACH),
    "outreach:settle_reply": Page("/outreach/replies/{reply}/", post=RUNS, row=True),
    "outreach:policy": Page("/outreach/policy/", get=OUTREACH, post=RUNS),
    "outreach:pause": Page("/outreach/pause/", post=RUNS),
    "outreach:resume": Page("/outreach/resume/", post=RUNS),
    "cuts:cuts": Page("/settings/cuts/", get={D}),
    "cuts:change": Page("/settings/cuts/change/", post={D}, whole=True),
    "outreach:channels": Page("/settings/channels/", get={D}),
    "outreach:channel_new": Page("/settings/channels/add-channel/outbox/", get={D}, post={D}, whole=True),
    "outreach:channel": Page("/settings/channels/{channel}/", get={D}, post={D}, whole=True),
    "outreach:switch_channel": Page("/settings/channels/{channel}/switch/", post={D}, whole=True),
    "responses:responses": Page("/responses/", get=VERBATIMS),
    "responses:response": Page("/responses/{response}/", get=VERBATIMS, row=True),
    "responses:preview": Page("/s/preview/{version}/", get=OUTREACH, post=OUTREACH),
    "cases:queue": Page("/cases/", get=DESK),
    "cases:callbacks": Page("/cases/callbacks/", get=DESK),
    "cases:rows": Page("/cases/rows/", get=DESK),
    "cases:assign_many": Page("/cases/assign/", post=LEADS),
    "cases:case": Page("/cases/{case}/", get=DESK, row=True),
    "cases:do": Page("/cases/{case}/note/", get=DESK, post=DESK, row=True),
    "customers:find": Page("/customers/", get=ALL, post=ALL),
    "customers:customer": Page("/customers/{customer}/", get=ALL, row=True),
    "customers:do": Page("/customers/{customer}/opt-out/", get=DESK, post=DESK, row=True),
    "people:settings": Page("/settings/", get=ALL),
    "people:staff": Page("/settings/users/", get={D}, post={D}),
    "people:staff_active": Page("/settings/users/{staff}/active/", post={D}, row=True),
    "people:away": Page("/me/away/", post=ALL),
    "people:log_out": Page("/log-out/", post=ALL),
}
# Open to everybody; what they show is tested where they live.
OPEN = {
    *("ui:theme", "ui:language", "ui:keys", "ui:help", "ui:menu", "ui:specimen", "people:log_in", "packs:start"),
    *("responses:survey_page", "responses:opt_out_page", "healthz", "readyz", "metrics"),
    *("outreach:gateway", "outreach:gateway_with_secret"),  # a secret or a signature proves who calls
}
FORMS: dict[str, dict[str, str]] = {
    "cases:do": {"text": "记下"},
    "customers:do": {"purposes": "care", "proof": "电话"},
    "outreach:pause": {"reason": "网关故障"},
    "outreach:decide_doubt": {"verdict": "sent", "reason": "客户说收到了"},
    "outreach:requeue": {"reason": "通道已修好"},
    "outreach:channel_new": {"key": "another_file"},
    "outreach:channel": {"do": "test"},
    "outreach:switch_channel": {"on": "0"},
    "people:staff_active": {"active": "0"},
    "people:staff": {"name": "周敏", "unit": "N-1", "role": "agent", "code": "A9"},
    "people:away": {"away": "1"},
    "cuts:change": {"do": "shift", "key": "a", "name_zh": "早", "name_en": "A", "from_hour": "1", "until_hour": "2"},
    "explorer:download": {"measure": "top_box"},
    "explorer:save": {"measure": "top_box", "name": "周报"},
    "explorer:edit_view": {"name": "改名", "version": "1"},
    "explorer:edit_dashboard": {"name": "改名", "version": "1"},
    "explorer:dashboards": {"name": "晨会"},
    "explorer:move": {"do": "up"},
    "explorer:new_schedule": {"rhythm": "daily", "at": "08:00"},
    "explorer:schedule": {"rhythm": "daily", "at": "08:00", "version": "1"},
    "explorer:switch_schedule": {"do": "stop"},
}
# What stands in the north and nowhere else.
MARKS = ("north-marker-1", "北区工单标记", "北区留言标记", "北区视图标记", "北区看板标记")


@dataclass
class World:
    """Two branches; something of everything in the north; somebody of every role in each."""

    names: dict[str, Any]
    people: dict[tuple[str, Role], Client]
    own: dict[Role, dict[str, Any]]  # what belongs to one person alone: of each role in the north, something

    def path(self, page: Page, role: Role = Q, **other: Any) -> str:
        """The address with the north's rows; of what is one's own, that of the north's person of this role."""
        return page.path.format(**(self.names | self.own.get(role, self.own[Q]) | other))

    def client(self, branch: str, role: Role) -> Client:
        return self.people[branch, role]

    def who_may(self, page: Page, role: Role) -> Client:
        """Somebody of this role where the page's row says that they may: in the branch, or above all branches."""
        return self.people["HQ" if page.whole else "N", role]


def make_world() -> World:
    make_organisation()
    people, staff = {}, {}
    for branch in ("HQ", "N", "S"):
        for role in Role:
            by = make_staff(role, unit=branch, password=PASSWORD)
            staff[branch, role] = by.staff_id
            client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
            person = get_user_model().objects.get(pk=by.staff_id)
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            people[branch, role] = client
    names = northern_rows() | {"staff": staff["N", Role.EXECUTIVE]}
    return World(names=names, people=people, own={role: kept_by(staff["N", role]) for role in FIGURES})


def kept_by(staff_id: Any) -> dict[str, Any]:
    """A view, a dashboard with a tile and a schedule of somebody in the north, shared with the whole north."""
    by = viewer_by_id(staff_id)
    audience = keeping.Audience(by.unit_id)
    view = keeping.save_view(name=MARKS[3], query="measure=top_box", audience=audience, by=by, now=NOW)
    board = keeping.make_dashboard(name=MARKS[4], audience=audience, by=by, now=NOW)
    keeping.pin(dashboard_id=board, view_id=view, by=by, now=NOW)
    wanted = scheduling.Wanted(Rhythm("daily", 480), (staff_id,))
    schedule = scheduling.plan(wanted, view_id=view, by=by, now=NOW)
    tile = keeping.tiles(board, by=by)[0].id
    return {"own_view": view, "own_board": board, "own_tile": tile, "own_schedule": schedule}


def northern_rows() -> dict[str, Any]:
    caller = Caller(unit="N")
    body = interaction("x7", external_id=MARKS[0], unit="N-1")
    taken = found(caller.post("/interactions", body))
    answers = {"overall": 2, "comment": MARKS[2]}
    answer = {"source": "ivr", "external_id": "r-1", "survey": "call", "answered_at": body["ended_at"]}
    about = {"interaction": {"source": "cti", "external_id": MARKS[0]}, "unit": "N-1", "answers": answers}
    response = found(caller.post("/responses", answer | about))
    case = found(caller.post("/cases", {"customer": "Cx7", "title": MARKS[1], "unit": "N-1"}))
    message = Message.objects.get(invitation_id=int(taken["invitation"]))
    Message.objects.filter(pk=message.pk).update(state="unknown", sent_at=NOW, via="sms")
    given = ChannelGiven(key="file", kind="outbox", is_active=False)
    set_up_channel(given, by=SYSTEM, now=NOW)
    return {
        "channel": given.key,
        "interaction": taken["interaction"],
        "customer": find_customer("external", "Cx7"),
        "response": response["response"],
        "case": case["code"],
        "message": message.pk,
        "reply": make_reply(unit_id=message.unit_id),
        "version": current_version("call").id,
    }


@pytest.fixture
def world() -> World:
    return make_world()


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """Every address of the product by name; the API's own are in the description that is tested beside this."""

    def walk(resolver: URLResolver, space: str) -> Iterator[tuple[str, URLPattern]]:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                yield from walk(one, f"{one.namespace}:" if one.namespace else space)
            else:
                yield f"{space}{one.name or one.pattern}", one

    return walk(get_resolver(), "")


def answered(client: Client, method: str, path: str, form: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    answer: HttpResponse = client.get(path, **more) if method == "get" else client.post(path, form or {}, **more)
    return answer


def facts() -> int:
    return count_since(NOW.replace(year=2000))


def looks() -> int:
    """Facts that only say who looked at whom: a page about one customer's decision leaves one."""
    return count_since(NOW.replace(year=2000), kind="outreach.why_asked")


def rows_but_facts() -> dict[str, int]:
    return {name: number for name, number in rows().items() if name != "ledger.Event"}


def without_codes(answer: HttpResponse) -> bytes:
    """An answer without what differs in every one: nonce, form token, request code."""
    codes = rb'nonce="[^"]*"|[A-F0-9]{4}-[A-F0-9]{4}|csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken[^}]*'
    return re.sub(codes, b"", answer.content)


def test_every_address_has_a_row_here():
    named = {name for name, _pattern in addresses() if not name.startswith("api:")}
    assert named - OPEN == set(PAGES), "Say in PAGES who may see a new address, or in OPEN that everybody may."
    assert not OPEN - named


class TestRoles:
    def test_each_page_opens_for_the_roles_of_its_row_and_for_no_other(self, world):
        wrong = []
        for name, page in PAGES.items():
            for role in Role:
                answer = answered(world.who_may(page, role), "get", world.path(page, role))
                if page.get is None:
                    as_said = answer.status_code == 405
                elif role in page.get:
                    as_said = answer.status_code in (200, 302, 404 if name == "journey:moment" else 200)
                else:
                    as_said = answer.status_code == 403
                if not as_said:
                    wrong.append((name, role.value, answer.status_code))
        assert not wrong

    @pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.post is not None])
    def test_each_verb_works_for_the_roles_of_its_row_and_for_no_other(self, world, name):
        page = PAGES[name]
        assert page.post is not None
        for role in sorted(set(Role) - page.post):
            before, told = rows(), facts()
            answer = answered(world.who_may(page, role), "post", world.path(page, role), FORMS.get(name))
            assert answer.status_code in (302, 403, 404), (role, answer.status_code)
            assert (rows(), facts()) == (before, told), role
        for role in sorted(page.post):
            answer = answered(world.who_may(page, role), "post", world.path(page, role), FORMS.get(name))
            assert answer.status_code in (200, 302, 303, 409, 422), (role, answer.status_code)

    def test_what_a_verb_does_shows_in_the_ledger(self, world):
        """Else the check above, that a refused verb leaves no fact, would prove nothing."""
        told = facts()
        for name, role in (
            ("cases:do", L),
            ("customers:do", L),
            ("outreach:pause", Q),
            ("people:staff_active", D),
            ("outreach:decide_doubt", Q),
            ("outreach:channel_new", D),
            ("outreach:channel", D),
            ("outreach:switch_channel", D),
            ("explorer:download", L),
            ("explorer:save", Q),
            ("explorer:edit_view", Q),
            ("explorer:dashboards", Q),
            ("explorer:move", Q),
            ("explorer:switch_schedule", Q),
            ("explorer:delete_view", Q),
        ):
            answered(world.who_may(PAGES[name], role), "post", world.path(PAGES[name], role), FORMS.get(name))
            assert facts() > told, name
            told = facts()

    @pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.whole])
    def test_what_concerns_every_branch_is_for_nobody_of_one(self, world, name):
        page = PAGES[name]
        before, told = rows(), facts()
        for role in Role:
            for method in ("get", "post"):
                answer = answered(world.client("N", role), method, world.path(page), FORMS.get(name))
                expected = 405 if method == "get" and page.get is None else 403
                assert answer.status_code == expected, (method, role)
        assert (rows(), facts()) == (before, told)


class TestStrangers:
    def test_everybody_else_is_sent_to_the_log_in_page_and_changes_nothing(self, world):
        stranger = Client(raise_request_exception=False)
        before, told = rows(), facts()
        for name, page in PAGES.items():
            for method in ("get", "post"):
                answer = answered(stranger, method, world.path(page), FORMS.get(name))
                if name == "responses:preview":
                    assert answer.status_code == 403
                else:
                    assert answer.status_code == 302, (name, method)
                    assert answer.headers["Location"].startswith("/log-in/"), (name, method)
                for mark in MARKS:
                    assert mark not in answer.content.decode()
        assert (rows(), facts()) == (before, told)

    def test_who_was_locked_out_is_a_stranger(self, world):
        client = world.client("N", Role.QUALITY_MANAGER)
        assert client.get("/outreach/").status_code == 200
        Staff.objects.update(is_active=False)
        assert client.get("/outreach/").status_code == 302


class TestBranches:
    def test_another_branchs_row_answers_like_no_row(self, world):
        """The same status and the same bytes, for every role that may see such rows in its own branch."""
        nothing = {"interaction": 1, "response": 1, "case": "GD-20260101-0001", "message": 1, "staff": 10**9}
        nothing["customer"] = 1
        nothing |= dict.fromkeys(("own_view", "own_board", "own_tile", "own_schedule"), 10**9)
        for name, page in PAGES.items():
            if not page.row:
                continue
            method = "get" if page.get else "post"
            for role in sorted((page.get or page.post) or set()):
                outsider = world.client("S", role)
                before, told = rows(), facts()
                there = answered(outsider, method, world.path(page, role), FORMS.get(name))
                nowhere = answered(outsider, method, world.path(page, role, **nothing), FORMS.get(name))
                assert there.status_code == nowhere.status_code, (name, role)
                assert there.status_code in (302, 404), (name, role)
                assert without_codes(there) == without_codes(nowhere), (name, role)
                assert (rows(), facts()) == (before, told), (name, role)

    @pytest.mark.parametrize("verb", [action.value for action in Action])
    def test_no_verb_reaches_another_branchs_case(self, world, verb):
        outsider = world.client("S", Role.TEAM_LEAD)
        before, told = rows(), facts()
        for method in ("get", "post"):
            answer = answered(outsider, method, f"/cases/{world.names['case']}/{verb}/", {"text": "x"})
            assert answer.status_code == 404
        assert (rows(), facts()) == (before, told)

    def test_nothing_of_another_branch_stands_on_any_page(self, world):
        for name, page in PAGES.items():
            if page.get is None or page.row:
                continue
            for role in sorted(page.get):
                shown = answered(world.client("S", role), "get", world.path(page, role)).content.decode()
                for mark in (*MARKS, str(world.names["case"])):
                    assert mark not in shown, (name, role.value, mark)

    def test_ones_own_branch_does_stand_there(self, world):
        """Else the check above would prove nothing."""
        seen = "".join(
            answered(world.client("N", role), "get", world.path(page, role)).content.decode()
            for page in PAGES.values()
            for role in sorted(page.get or set())
        )
        for mark in MARKS:
            assert mark in seen, mark

    def test_many_rows_at_once_are_refused_when_one_of_them_is_anothers(self, world):
        before, told = rows(), facts()
        form = {"case": str(world.names["case"]), "cases": str(world.names["case"]), "staff": "1"}
        answer = answered(world.client("S", Role.TEAM_LEAD), "post", "/cases/assign/", form)
        assert answer.status_code in (200, 302, 303, 404, 409, 422)
        assert (rows(), facts()) == (before, told)


class TestForms:
    def test_no_verb_works_without_the_forms_token(self, world):
        before, told = rows(), facts()
        for name, page in PAGES.items():
            for role in sorted(page.post or set()):
                if name == "responses:preview":
                    continue  # it changes nothing
                guarded = Client(enforce_csrf_checks=True, raise_request_exception=False)
                guarded.cookies = world.who_may(page, role).cookies
                answer = answered(guarded, "post", world.path(page, role), FORMS.get(name))
                assert answer.status_code == 403, (name, role)
        assert (rows(), facts()) == (before, told)

    def test_looking_changes_nothing_but_the_record_of_who_looked(self, world):
        before, told = rows_but_facts(), facts() - looks()
        for page in PAGES.values():
            for role in sorted(page.get or set()):
                answered(world.who_may(page, role), "get", world.path(page, role))
        assert (rows_but_facts(), facts() - looks()) == (before, told)


NAMES = (
    *("q", "page", "cursor", "limit", "unit", "from", "to", "state", "tab", "sort", "channel", "reason", "touchpoint"),
    *(
        "kind",
        "subject",
        "period",
        "by",
        "stage",
        "dimension",
        "find",
        "id",
        "survey",
        "version",
        "number",
        "days",
        "owner",
        *("measure", "rows", "columns", "compare", "chart", "at", "add", "gone", "view", "dashboard", "score", "staff"),
    ),
)
HOSTILE = (
    *(
        "%00",
        "%FF%FE",
        "-1",
        "9223372036854775808",
        "1e9",
        "' OR 1=1 --",
        "<script>",
        "..%2F..",
        "x" * 3000,
        "%E2%80%AE",
    ),
    *("2026-02-30", "0001-01-01", "9999-12-31", "{{7*7}}", "%ED%A0%80"),
)


@pytest.mark.parametrize("value", HOSTILE)
def test_no_page_falls_over_whatever_stands_in_its_address(world, value):
    query = "&".join(f"{name}={value}" for name in NAMES)
    for name, page in PAGES.items():
        for role in sorted(page.get or set())[:1]:
            answer = answered(world.who_may(page, role), "get", f"{world.path(page)}?{query}")
            assert answer.status_code < 500, (name, value)
            assert "<script>&" not in answer.content.decode()


class TestHeaders:
    """R20, on pages, refusals, redirects and problems alike."""

    @pytest.fixture
    def answers(self, world) -> list[tuple[str, HttpResponse]]:
        manager, stranger = world.client("N", Role.QUALITY_MANAGER), Client(raise_request_exception=False)
        found = [(name, answered(manager, "get", world.path(page))) for name, page in PAGES.items()]
        found += [
            (path, stranger.get(path)) for path in ("/log-in/", "/nothing/", "/healthz", "/overview/", "/ui/help/")
        ]
        found += [(path, stranger.get(path)) for path in ("/api/v1/surveys", "/api/v1/nothing", "/api/v1/docs")]
        return found

    def test_every_answer_carries_them(self, answers):
        for name, answer in answers:
            headers = answer.headers
            policy = headers.get("Content-Security-Policy", "")
            assert "unsafe-inline" not in policy, name
            assert "object-src 'none'" in policy or "default-src 'none'" in policy, (name, policy)
            assert "frame-ancestors" in policy, name
            assert headers["X-Content-Type-Options"] == "nosniff", name
            assert "no-store" in headers["Cache-Control"], name
            assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), name
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", name
            assert headers["X-Request-Id"], name

    def test_cookies_are_for_this_site_and_not_for_scripts(self, world):
        client = Client()
        email = Staff.objects.filter(role=Role.ADMINISTRATOR).values_list("email", flat=True)[0]
        client.post("/log-in/", {"email": email, "password": PASSWORD})
        session = client.cookies["zhiyin"]
        assert (session["httponly"], session["samesite"]) == (True, "Lax")


def test_a_key_of_a_branch_and_a_person_of_it_see_the_same(world):
    """The API's door is the pages' door."""
    southern = Caller(unit="S")
    for path in ("/invitations", "/responses", "/cases"):
        assert found(southern.get(path))["items"] == []
        assert json.dumps(found(Caller(unit="N").get(path)), ensure_ascii=False)
        assert found(Caller(unit="N").get(path))["items"]
