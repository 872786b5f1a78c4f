"""``/interactions`` and ``/invitations`` as other programs use them (CONTRACT section 3)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.contracts.api_calls import Caller, found, interaction, make_organisation, problem
from zhiyin.outreach import why
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.models import Invitation
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff, members

pytestmark = pytest.mark.django_db
NINETY_DAYS = {"days": 90, "seconds": 90 * 86_400}
SHORT = """
[[limit]]
per = "customer"
max = 1
hours = 36
reason = "day_and_a_half"
[[limit]]
per = "customer"
max = 5
minutes = 90
reason = "football"
[[limit]]
per = "customer+scenario"
max = 9
hours = 48
[sampling]
share = 0.999999
"""


@pytest.fixture
def caller() -> Caller:
    make_organisation()
    return Caller()


def card_of(caller: Caller, taken: dict[str, Any]) -> dict[str, Any]:
    return dict(found(caller.get(f"/interactions/{taken['interaction']}")))


class TestPosting:
    def test_one_object_answers_201_then_200_then_409(self, caller):
        body = interaction()
        first, again, other = (caller.post("/interactions", one) for one in (body, body, {**body, "channel": "email"}))
        assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
        taken = found(first)
        assert (taken["status"], taken["decision"], taken["reason"]) == ("created", "invite", None)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert found(again) == {**taken, "status": "replayed"}

    def test_a_list_answers_200_with_a_result_for_each_in_order(self, caller):
        body = interaction()
        answer = caller.post("/interactions", [body, {}, body, {**body, "unit": "S"}])
        results = found(answer)["results"]
        assert answer.status_code == 200
        assert [one["status"] for one in results] == ["created", "invalid", "replayed", "conflict"]
        assert {error["field"] for error in results[1]["errors"]} == {
            *("source", "external_id", "customer", "touchpoint", "ended_at")
        }
        assert results[0]["interaction"] == results[2]["interaction"]

    def test_a_list_of_one_is_a_list(self, caller):
        assert len(found(caller.post("/interactions", [interaction()]))["results"]) == 1

    def test_numbers_travel_as_texts(self, caller):
        """A double has 53 bits; the numbers have 63."""
        taken = found(caller.post("/interactions", interaction()))
        assert taken["interaction"].isdigit()
        assert int(taken["interaction"]) > 2**53

    def test_an_error_in_a_list_is_in_the_programs_language(self, caller):
        in_chinese = Caller(language="zh-hans")
        for one, word in ((caller, "missing"), (in_chinese, "缺少")):
            (result,) = found(one.post("/interactions", [{}]))["results"]
            assert word in result["errors"][0]["message"]


class TestOneInteraction:
    def test_shows_the_decision_with_all_its_arithmetic(self, caller):
        who = {"external_id": "crm-4711-x", "phone": "13800138000", "email": "wang@example.com", "name": "王芳"}
        caller.post("/interactions", interaction(1, customer=who))
        member = members().get(pk=make_staff(unit="N-1").staff_id).code
        ended = timezone.now() - timedelta(minutes=5)
        body = interaction(2, customer=who, staff=member, ended_at=ended.isoformat(), attributes={"queue": 7})
        card = card_of(caller, found(caller.post("/interactions", body)))
        assert (card["source"], card["external_id"], card["attributes"]) == ("cti", "call-2", {"queue": 7})
        assert (card["touchpoint"], card["scenario"], card["unit"], card["staff"]) == (
            *("hotline", "hotline", "N-1", member),
        )
        assert datetime.fromisoformat(card["ended_at"]) == ended
        decision = card["decision"]
        assert (decision["outcome"], decision["reason"], decision["policy"]) == ("suppress", "gap", 0)
        assert decision["counts"] == [
            {"rule": "limit[1]", "reason": "customer_limit", "per": "customer", **NINETY_DAYS, "count": 1, "max": 10},
            {
                **{"rule": "limit[2]", "reason": "scenario_limit", "per": "customer+scenario"},
                **NINETY_DAYS,
                **{"count": 1, "max": 2},
            },
        ]
        assert datetime.fromisoformat(decision["next_allowed_at"]) > timezone.now() + timedelta(hours=23)
        assert decision["sentence"]["en"] == "Not asked. Not more than 24 hours have passed since the last message."
        assert decision["invitation"] is None

    def test_shows_the_customer_masked(self, caller):
        who = {"external_id": "crm-4711-x", "phone": "13800138000", "email": "wang@example.com", "name": "王芳"}
        taken = found(caller.post("/interactions", interaction(customer=who)))
        answer = caller.get(f"/interactions/{taken['interaction']}")
        shown = found(answer)["customer"]
        assert {key: shown[key] for key in ("external_id", "phone", "email", "name")} == {
            "external_id": "cr***-x",
            "phone": "138****8000",
            "email": "w***@example.com",
            "name": "王**",
        }
        for secret in ("13800138000", "wang@", "王芳", "4711"):
            assert secret not in answer.content.decode()

    def test_an_invitation_is_named(self, caller):
        taken = found(caller.post("/interactions", interaction()))
        decision = card_of(caller, taken)["decision"]
        assert (decision["outcome"], decision["reason"], decision["invitation"]) == (
            "invite",
            None,
            taken["invitation"],
        )
        assert decision["sentence"]["en"] == "Invited: every rule passed."
        assert decision["again"] is None

    def test_says_what_the_console_says_word_for_word(self, caller):
        apply_policy(SHORT, by=Viewer.system("test"), now=timezone.now())
        for number in range(2):
            taken = found(
                caller.post(
                    "/interactions", interaction(number, customer={"external_id": "C1", "phone": "13800138000"})
                )
            )
        decision = card_of(caller, taken)["decision"]
        assert [(one["days"], one["seconds"], one["count"], one["max"]) for one in decision["counts"]] == [
            (None, 36 * 3600, 1, 1),
            (None, 90 * 60, 1, 5),
            (2, 48 * 3600, 1, 9),
        ]
        for language in ("zh-hans", "en"):
            by = replace(make_staff("quality_manager", unit="HQ"), language=language)
            console = why.look_up_interaction(
                int(taken["interaction"]), by=by, now=timezone.now(), tz=timezone.get_current_timezone()
            )
            assert console is not None
            told = console.explanation
            assert (decision["sentence"][language], decision["again"][language]) == (told.sentence, told.again)
            assert [(one["outcome"], one["title"][language], one["detail"][language]) for one in decision["trace"]] == [
                (line.outcome, line.title, line.detail) for line in told.lines
            ]
        assert "1 still waited then, or is no longer on record." in [one["detail"]["en"] for one in decision["trace"]]
        assert decision["sentence"]["zh-hans"] == "没有下发：36 小时已满 1 次。"


class TestInvitations:
    @pytest.fixture
    def taken(self, caller) -> list[dict[str, Any]]:
        results = found(caller.post("/interactions", [interaction(number) for number in range(1, 6)]))["results"]
        return list(results)

    def test_one_shows_everything_but_its_token(self, caller, taken):
        Invitation.objects.filter(pk=int(taken[0]["invitation"])).update(token_hash=b"\x01" * 32)
        answer = caller.get(f"/invitations/{taken[0]['invitation']}")
        card = found(answer)
        assert (card["interaction"], card["status"], card["purpose"]) == (taken[0]["interaction"], "queued", "service")
        assert (card["channel"], card["scenario"], card["touchpoint"]) == ("sms", "hotline", "hotline")
        assert (card["sent_at"], card["expires_at"], card["answered_at"]) == (None, None, None)
        assert "token" not in answer.content.decode()
        assert "0101" not in answer.content.decode()

    def test_are_listed_newest_first_page_by_page(self, caller, taken):
        seen, following = [], ""
        for _ in range(4):
            page = found(caller.get(f"/invitations?limit=2{following}"))
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            following = f"&cursor={page['next']}"
        assert seen == [one["invitation"] for one in reversed(taken)]

    def test_a_page_that_is_full_and_the_last_has_no_next(self, caller, taken):
        assert found(caller.get("/invitations?limit=5"))["next"] is None

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("interaction={interaction}", 1),
            ("customer=C1", 1),
            ("customer=nobody", 0),
            ("status=queued", 5),
            ("status=answered", 0),
            ("customer=C1&status=queued&interaction={interaction}", 1),
            ("interaction=1", 0),
            ("customer=&status=&interaction=", 5),
        ],
    )
    def test_are_found_by_interaction_customer_and_status(self, caller, taken, query, count):
        page = found(caller.get(f"/invitations?{query.format(**taken[0])}"))
        assert len(page["items"]) == count

    def test_an_unknown_status_is_refused_with_those_that_there_are(self, caller):
        told = problem(caller.get("/invitations?status=sendt"))
        assert told["code"] == "choice"
        assert "sent" in told["errors"][0]["message"]
