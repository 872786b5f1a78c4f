"""The bad-input catalogue of the API, A01 to A81: each case answered as it is written, on this run's database.

What needs a real server and a raw socket (A21, A23) stands in ``test_api_wire.py``, what needs threads (A62) with the
other races of the intake.
"""

import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.contracts.api_calls import Caller, found, interaction, make_organisation, problem, rows
from zhiyin.outreach.models import Decision
from zhiyin.people.api_auth import revoke_api_key
from zhiyin.people.models import ApiKey
from zhiyin.people.testing import SYSTEM
from zhiyin.ui.api_frame import LARGEST_BATCH, LARGEST_BODY

pytestmark = pytest.mark.django_db
INTERACTIONS = "/interactions"
LONGEST_ANSWER = 1.0  # seconds, in the catalogue's default; a machine shared by many is given more
SLOW_MACHINE = 5


@pytest.fixture(autouse=True)
def _organisation() -> None:
    make_organisation()


@pytest.fixture
def caller() -> Caller:
    return Caller()


@dataclass(frozen=True)
class Wrong:
    """A body that is refused. ``name`` must be among the fields of the errors; ``said`` must stand in a sentence."""

    id: str
    body: Any
    status: int
    code: str
    name: str = ""
    said: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    path: str = INTERACTIONS
    position: int | None = None


def raw(**changes: Any) -> bytes:
    """An interaction as bytes; a value given as bytes stands there as it is, JSON or not."""
    body = {**interaction(), **changes}
    pieces = (
        json.dumps(name).encode() + b":" + (value if isinstance(value, bytes) else json.dumps(value).encode())
        for name, value in body.items()
    )
    return b"{" + b",".join(pieces) + b"}"


def with_customer(**changes: Any) -> dict[str, Any]:
    return interaction(customer={"external_id": "C1", **changes})


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in interaction().items() if key != name}


UNREADABLE = [
    Wrong("A01-empty-body", b"", 400, "json_invalid", position=0),
    Wrong("A01-nothing-at-all", None, 400, "json_invalid", position=0),
    Wrong("A02-null", b"null", 400, "json_invalid", position=0),
    Wrong("A03-empty-list", b"[]", 400, "json_invalid", position=0),
    Wrong("A03-list-for-an-object", b"[]", 400, "json_invalid", position=0, path="/cases"),
    Wrong("A04-bare-string", b'"call-1"', 400, "json_invalid", position=0),
    Wrong("A04-bare-number", b"  5", 400, "json_invalid", position=2),
    Wrong("A05-truncated", raw()[:-10], 400, "json_invalid"),
    Wrong("A05-truncated-in-a-list", b"[" + raw(), 400, "json_invalid"),
    Wrong("A06-trailing-garbage", raw() + b"x", 400, "json_invalid", position=len(raw())),
    Wrong("A06-two-objects", raw() + raw(), 400, "json_invalid"),
    Wrong("A07-duplicate-keys", raw()[:-1] + b',"source":"crm"}', 400, "json_invalid"),
    Wrong("A07-duplicate-keys-inside", raw(attributes=b'{"a":1,"a":2}'), 400, "json_invalid"),
    Wrong("A07-duplicate-keys-in-disguise", raw()[:-1] + b',"s\\u006furce":"crm"}', 400, "json_invalid"),
    Wrong("A08-nan", raw(attributes=b'{"a":NaN}'), 400, "json_invalid"),
    Wrong("A08-infinity", raw(attributes=b'{"a":-Infinity}'), 400, "json_invalid"),
    Wrong("A09-1e999", raw(attributes=b'{"a":1e999}'), 400, "json_invalid"),
    Wrong("A10-5000-digits", raw(attributes=b'{"a":' + b"9" * 5000 + b"}"), 400, "json_invalid"),
    Wrong("A11-100000-deep", b"[" * 100_000 + b"]" * 100_000, 400, "json_invalid"),
    Wrong("A11-100000-deep-inside", raw(attributes=b'{"a":' * 100_000 + b"1" + b"}" * 100_000), 400, "json_invalid"),
    Wrong("A12-gbk", json.dumps(with_customer(name="王芳"), ensure_ascii=False).encode("gbk"), 400, "json_invalid"),
    Wrong("A13-utf-16", json.dumps(interaction()).encode("utf-16"), 400, "json_invalid"),
    Wrong("A13-utf-16-without-bom", json.dumps(interaction()).encode("utf-16-le"), 400, "json_invalid"),
    Wrong("A14-broken-utf-8", raw(source=b'"\xe7\x8e"'), 400, "json_invalid"),
    Wrong("A14-overlong-utf-8", raw(source=b'"\xc0\x80"'), 400, "json_invalid"),
    Wrong("A16-text-plain", raw(), 415, "content_type", headers={"content_type": "text/plain"}),
    Wrong("A16-no-content-type", raw(), 415, "content_type", headers={"content_type": ""}),
    Wrong("A17-multipart", raw(), 415, "content_type", headers={"content_type": "multipart/form-data; boundary=x"}),
    Wrong("A17-form", raw(), 415, "content_type", headers={"content_type": "application/x-www-form-urlencoded"}),
    Wrong("A18-charset-gbk", raw(), 415, "content_type", headers={"content_type": "application/json; charset=gbk"}),
    Wrong("A19-gzip", b"\x1f\x8b" + b"\0" * 100, 415, "content_encoding", headers={"content_encoding": "gzip"}),
    Wrong("A20-one-byte-over", raw().ljust(LARGEST_BODY + 1), 413, "body_too_large", said=str(LARGEST_BODY)),
    Wrong("A22-one-item-over", b"[" + b",".join([b"{}"] * (LARGEST_BATCH + 1)) + b"]", 413, "batch_too_large"),
]

REFUSED = [
    Wrong(
        "A24-nul-in-name", raw(customer=b'{"external_id":"C1","name":"a\\u0000b"}'), 422, "text_nul", "customer.name"
    ),
    Wrong("A25-nul-in-attributes", raw(attributes=b'{"a":"\\u0000"}'), 422, "text_nul", "attributes"),
    Wrong("A25-nul-in-an-attributes-name", raw(attributes=b'{"a\\u0000":1}'), 422, "text_nul", "attributes"),
    Wrong("A26-lone-surrogate", raw(source=b'"a\\ud800b"'), 422, "text_surrogate", "source"),
    Wrong(
        "A26-lone-surrogate-in-attributes", raw(attributes=b'{"a":["\\udfff"]}'), 422, "text_surrogate", "attributes"
    ),
    Wrong("A27-one-over", with_customer(name="王" * 81), 422, "text_too_long", "customer.name", "80"),
    Wrong("A28-int-too-big", raw(attributes=b'{"a":9223372036854775808}'), 422, "int_range", "attributes"),
    Wrong("A29-no-such-duration", interaction(duration=-5), 422, "unknown_field", "duration"),
    Wrong("A31-text-for-bool", interaction(attributes={"complaint": "true"}), 422, "type", "attributes.complaint"),
    Wrong("A32-number-for-text", interaction(external_id=5), 422, "type", "external_id"),
    Wrong("A33-list-for-text", interaction(source=["cti"]), 422, "type", "source"),
    Wrong("A33-list-for-an-object", interaction(customer=["C1"]), 422, "type", "customer"),
    Wrong("A33-text-for-an-object", interaction(attributes="x"), 422, "type", "attributes"),
    Wrong("A34-unknown-channel", interaction(channel="pigeon"), 422, "choice", "channel", "sms"),
    Wrong("A34-channel-in-capitals", interaction(channel="SMS"), 422, "choice", "channel", "sms"),
    Wrong("A34-unknown-touchpoint", interaction(touchpoint="moon"), 422, "unknown_key", "touchpoint"),
    Wrong("A35-unknown-field", interaction(tuochpoint="hotline"), 422, "unknown_field", "tuochpoint", "touchpoint"),
    Wrong("A35-inside-the-customer", with_customer(phnoe="1"), 422, "unknown_field", "customer.phnoe", "phone"),
    *(
        Wrong(f"A36-without-{name}", without(name), 422, "missing", name)
        for name in ("source", "external_id", "customer", "touchpoint", "ended_at")
    ),
    Wrong("A36-null-is-missing", interaction(source=None), 422, "missing", "source"),
    Wrong("A37-only-spaces", interaction(source="   "), 422, "blank", "source"),
    Wrong("A38-only-wide-spaces", interaction(source="\u3000\u3000"), 422, "blank", "source"),
    Wrong("A39-only-zero-width", interaction(source="\u200b\u200d\ufeff"), 422, "blank", "source"),
    Wrong("A39-only-control", interaction(source="\x07"), 422, "text_control", "source"),
    Wrong("A40-no-offset", interaction(ended_at="2026-11-20T10:00:00"), 422, "time_no_offset", "ended_at"),
    Wrong("A40-only-a-day", interaction(ended_at="2026-11-20"), 422, "time_no_offset", "ended_at"),
    Wrong("A41-no-such-day", interaction(ended_at="2023-02-29T10:00:00+08:00"), 422, "time_invalid", "ended_at"),
    Wrong("A42-hour-24", interaction(ended_at="2026-11-20T24:00:00+08:00"), 422, "time_invalid", "ended_at"),
    Wrong("A43-second-60", interaction(ended_at="2026-11-20T10:00:60+08:00"), 422, "time_invalid", "ended_at"),
    Wrong("A44-year-10000-in-utc", interaction(ended_at="9999-12-31T23:00:00-08:00"), 422, "time_year", "ended_at"),
    Wrong("A45-year-1", interaction(ended_at="0001-01-01T00:00:00+08:00"), 422, "time_year", "ended_at"),
    Wrong("A46-end-before-start", interaction(started_at="2100-01-01T00:00:00Z"), 422, "time_order", "ended_at"),
    Wrong("A47-epoch", interaction(ended_at=1_795_000_000), 422, "time_invalid", "ended_at"),
    Wrong("A47-epoch-as-text", interaction(ended_at="1795000000"), 422, "time_invalid", "ended_at"),
    Wrong("A52-ten-digits", with_customer(phone="1380013800"), 422, "phone_length", "customer.phone"),
    Wrong("A53-a-letter-inside", with_customer(phone="1380013800o"), 422, "phone_letters", "customer.phone"),
    Wrong("A53-a-number", with_customer(phone=13800138000), 422, "type", "customer.phone"),
    Wrong("A56-bcc", with_customer(email="a@b.cn\r\nBcc: c@d.cn"), 422, "text_control", "customer.email"),
    Wrong("A57-two-addresses", with_customer(email="a@b.cn,c@d.cn"), 422, "email_invalid", "customer.email"),
    Wrong("A57-a-display-name", with_customer(email="Wang <a@b.cn>"), 422, "email_invalid", "customer.email"),
    Wrong("A59-no-external-id", interaction(customer={"phone": "13800138000"}), 422, "missing", "customer.external_id"),
    Wrong("A63-256-characters", interaction(external_id="x" * 256), 422, "text_too_long", "external_id", "255"),
    *(
        Wrong(f"A69-{name}", interaction(**{name: value}), 422, "unknown_field", name)
        for name, value in {"tenant_id": 2, "is_admin": True, "score": 10, "created_at": "2026-01-01"}.items()
    ),
    Wrong("A69-inside-the-customer", with_customer(is_internal=False), 422, "unknown_field", "customer.is_internal"),
]


@pytest.mark.parametrize("wrong", [*UNREADABLE, *REFUSED], ids=lambda wrong: wrong.id)
def test_a_body_is_refused_as_the_catalogue_says(caller, wrong):
    before, started = rows(), time.monotonic()
    answer = caller.post(wrong.path, wrong.body, **wrong.headers)
    assert time.monotonic() - started < LONGEST_ANSWER * SLOW_MACHINE
    told = problem(answer)
    assert (answer.status_code, told["code"]) == (wrong.status, wrong.code)
    if wrong.name:
        assert wrong.name in {error["field"] for error in told["errors"]}
    if wrong.code == "json_invalid":
        assert isinstance(told["position"], int)
    if wrong.position is not None:
        assert told["position"] == wrong.position
    assert wrong.said in json.dumps(told)
    assert rows() == before


@pytest.mark.parametrize("wrong", REFUSED, ids=lambda wrong: wrong.id)
def test_a_bad_item_of_a_batch_is_refused_in_the_same_words_and_costs_only_itself(caller, wrong):
    bad = wrong.body if isinstance(wrong.body, bytes) else json.dumps(wrong.body).encode()
    alone = problem(caller.post(INTERACTIONS, bad))
    good = json.dumps(interaction(7)).encode()
    first, second = found(caller.post(INTERACTIONS, b"[" + bad + b"," + good + b"]"))["results"]
    assert first == {"status": "invalid", "errors": alone["errors"]}
    assert second["status"] == "created"


@pytest.mark.parametrize(
    ("action", "code", "name"),
    [
        pytest.param({"action": "connect", "version": 2**31}, "int_range", "version", id="A28-int-2^31"),
        pytest.param(
            {"action": "compensate", "kind": "gift", "amount": -1}, "number_range", "amount", id="A29-negative"
        ),
        pytest.param({"action": "connect", "version": 5.5}, "type", "version", id="A30-fraction-for-int"),
        pytest.param({"action": "confirm", "agreed": "true"}, "type", "agreed", id="A31-text-for-bool"),
    ],
)
def test_numbers_and_truths_of_a_case(caller, action, code, name):
    caller.post(INTERACTIONS, interaction())
    case = found(caller.post("/cases", {"customer": "C1", "title": "来电投诉"}))
    before = rows()
    answer = caller.post(f"/cases/{case['id']}/actions", action)
    told = problem(answer)
    assert (answer.status_code, told["code"], told["errors"][0]["field"]) == (422, code, name)
    assert rows() == before


def test_a_sentence_is_in_the_language_that_the_program_reads():
    wrong = interaction(tuochpoint="hotline")
    chinese = problem(Caller(language="zh-CN,zh;q=0.9").post(INTERACTIONS, wrong))
    english = problem(Caller(language="en-GB").post(INTERACTIONS, wrong))
    assert "是不是「touchpoint」" in chinese["errors"][0]["message"]
    assert "Did you mean touchpoint?" in english["errors"][0]["message"]
    assert chinese["title"] != english["title"]


class TestWhatIsTaken:
    """What looks odd and is right."""

    def test_a15_a_byte_order_mark_is_stripped(self, caller):
        assert caller.post(INTERACTIONS, b"\xef\xbb\xbf" + raw()).status_code == 201

    def test_a20_a_body_of_exactly_the_limit_is_taken(self, caller):
        assert caller.post(INTERACTIONS, raw().ljust(LARGEST_BODY)).status_code == 201

    def test_a22_a_batch_of_exactly_the_limit_is_taken(self, caller):
        answer = caller.post(INTERACTIONS, [interaction(number) for number in range(LARGEST_BATCH)])
        assert [one["status"] for one in found(answer)["results"]] == ["created"] * LARGEST_BATCH

    @pytest.mark.parametrize(
        "kind", ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"]
    )
    def test_the_content_type_may_name_the_charset(self, caller, kind):
        assert caller.post(INTERACTIONS, raw(), content_type=kind).status_code == 201

    @pytest.mark.parametrize(
        "text",
        ["\U00020000\U0002a6d6", "e\u0301\u0323", "👨‍👩‍👧", "<script>", "{{7*7}}", "=cmd|'/c calc'!A1", "' OR 1=1 --"],
    )
    def test_whatever_can_be_written_comes_back_exactly(self, caller, text):
        taken = found(caller.post(INTERACTIONS, interaction(external_id=text, attributes={text[:60]: text})))
        card = found(caller.get(f"{INTERACTIONS}/{taken['interaction']}"))
        assert (card["external_id"], card["attributes"]) == (text, {text[:60]: text})


class TestTimes:
    @pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(minutes=6)])
    def test_a48_what_lies_in_the_future_is_refused(self, caller, ahead):
        before = rows()
        answer = caller.post(INTERACTIONS, interaction(ended_at=(timezone.now() + ahead).isoformat()))
        told = problem(answer)
        assert (answer.status_code, told["code"], told["errors"][0]["field"]) == (422, "time_future", "ended_at")
        assert rows() == before

    def test_a48_a_clock_may_run_a_little_ahead(self, caller):
        ahead = (timezone.now() + timedelta(minutes=4)).isoformat()
        assert caller.post(INTERACTIONS, interaction(ended_at=ahead)).status_code == 201

    def test_a49_what_is_400_days_old_is_kept_and_not_asked_about(self, caller):
        old = (timezone.now() - timedelta(days=400)).isoformat()
        answer = caller.post(INTERACTIONS, interaction(ended_at=old))
        taken = found(answer)
        assert (answer.status_code, taken["decision"], taken["reason"]) == (201, "suppress", "too_old")
        assert taken["invitation"] is None


class TestPhones:
    @pytest.mark.parametrize(
        "phone",
        [
            pytest.param("１３８００１３８０００", id="A50-full-width"),
            pytest.param("+86 138-0013-8000", id="A51-with-country-code-and-dashes"),
            pytest.param("(0086)13800138000", id="A51-another-way"),
        ],
    )
    def test_one_phone_is_one_person_however_it_is_written(self, caller, phone):
        for number, written in enumerate(("13800138000", phone)):
            body = interaction(number, customer={"external_id": f"C{number}", "phone": written})
            assert caller.post(INTERACTIONS, body).status_code == 201
        assert len(set(Decision.objects.values_list("customer_id", flat=True))) == 1
        assert rows()["people.Customer"] == 1

    @pytest.mark.parametrize(
        ("phone", "reason"),
        [
            pytest.param("010-62345678", "no_mobile", id="A54-landline"),
            pytest.param("+1 650-253-0000", "channel_refused", id="A55-abroad"),
        ],
    )
    def test_who_cannot_be_written_to_is_kept_with_the_reason(self, caller, phone, reason):
        answer = caller.post(INTERACTIONS, with_customer(phone=phone))
        taken = found(answer)
        assert (answer.status_code, taken["decision"], taken["reason"]) == (201, "suppress", reason)
        assert rows()["journey.Interaction"] == 1
        assert rows()["messaging.Message"] == 0

    def test_a58_a_look_alike_domain_shows_itself(self, caller):
        taken = found(caller.post(INTERACTIONS, with_customer(email="wang@аррӏе.com")))  # every letter Cyrillic
        card = found(caller.get(f"{INTERACTIONS}/{taken['interaction']}"))
        assert card["customer"]["email"] == "w***@xn--80ak6aa92e.com"


class TestTheSameAgain:
    def test_a60_gets_the_first_answer(self, caller):
        body = interaction()
        first, again = caller.post(INTERACTIONS, body), caller.post(INTERACTIONS, body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert {**found(first), "status": "replayed"} == found(again)

    def test_a60_also_months_later_and_when_nobody_would_be_asked_any_more(self, caller):
        body = interaction()
        first = found(caller.post(INTERACTIONS, body))
        for number in range(2, 6):
            caller.post(INTERACTIONS, interaction(number, customer=body["customer"]))
        assert found(caller.post(INTERACTIONS, body))["decision"] == first["decision"] == "invite"

    @pytest.mark.parametrize(
        ("changes", "names"),
        [
            ({"ended_at": "2026-11-20T10:00:00+08:00"}, ["ended_at"]),
            ({"attributes": {"vip": "secret"}}, ["attributes"]),
            ({"channel": "email", "unit": "N-1"}, ["channel", "unit"]),
            ({"customer": {"external_id": "C1", "name": "王芳"}}, ["customer"]),
            ({"customer": {"external_id": "C9"}}, ["customer"]),
        ],
    )
    def test_a61_another_body_is_a_conflict_that_names_the_fields_and_no_values(self, caller, changes, names):
        first = interaction(unit="N")
        caller.post(INTERACTIONS, first)
        before = rows()
        answer = caller.post(INTERACTIONS, first | changes)
        told = problem(answer)
        assert (answer.status_code, told["code"]) == (409, "conflict")
        assert sorted(error["field"] for error in told["errors"]) == sorted(names)
        for secret in ("secret", "王芳", "C9"):
            assert secret not in json.dumps(told, ensure_ascii=False)
        assert rows() == before

    def test_a63_an_id_of_255_characters_is_taken(self, caller):
        assert caller.post(INTERACTIONS, interaction(external_id="x" * 255)).status_code == 201

    def test_a_batch_tells_for_each_item_what_became_of_it(self, caller):
        known = interaction(1)
        caller.post(INTERACTIONS, known)
        batch = [interaction(2), known, known | {"channel": "email"}, {"source": "cti"}, interaction(2) | {"unit": "S"}]
        results = found(caller.post(INTERACTIONS, [*batch, batch[0]]))["results"]
        assert [one["status"] for one in results] == [
            *("created", "replayed", "conflict", "invalid", "conflict"),
            "replayed",
        ]


class TestKeys:
    CALLS = (("GET", "/surveys"), ("GET", "/invitations"), ("POST", INTERACTIONS), ("GET", f"{INTERACTIONS}/1"))

    @pytest.mark.parametrize(("method", "path"), CALLS)
    @pytest.mark.parametrize("id", ["A64-none", "A64-wrong", "A65-revoked", "A66-expired"])
    def test_a_key_that_does_not_open(self, id, method, path):
        caller = Caller()
        if id == "A64-none":
            caller = Caller(secret="")
        elif id == "A64-wrong":
            caller = Caller(secret=caller.secret + "x")
        elif id == "A65-revoked":
            revoke_api_key(ApiKey.objects.get().pk, by=SYSTEM, now=timezone.now())
        else:
            ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        before = rows()
        answer = caller.call(method, path, interaction() if method == "POST" else None)
        assert (answer.status_code, problem(answer)["code"]) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert rows() == before

    @pytest.mark.parametrize("path", [INTERACTIONS, "/responses", "/cases", "/cases/1/actions"])
    def test_a67_a_key_that_may_only_read_writes_nothing(self, path):
        before = rows()
        answer = Caller("read").post(path, interaction())
        assert (answer.status_code, problem(answer)["code"]) == (403, "read_only_key")
        assert rows()["people.Customer"] == before["people.Customer"]


class TestBranches:
    """A68: what another branch has looks exactly like what nobody has."""

    @pytest.fixture
    def north(self) -> Caller:
        return Caller(unit="N")

    @pytest.fixture
    def south(self) -> Caller:
        return Caller(unit="S")

    @staticmethod
    def bytes_of(answer) -> bytes:
        told = dict(problem(answer))
        return answer.content.replace(told["request_id"].encode(), b"")

    @pytest.mark.parametrize("name", ["unit", "staff", "scenario"])
    def test_a_name_of_another_branch_answers_like_an_unknown_one(self, north, name):
        foreign = {"unit": "S-1", "staff": self.somebody_of("S-1"), "scenario": "other"}[name]
        before = rows()
        answers = [north.post(INTERACTIONS, interaction(**{name: value})) for value in (foreign, "nobody-has-this")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({self.bytes_of(answer) for answer in answers}) == 1
        assert rows() == before

    @staticmethod
    def somebody_of(unit: str) -> str:
        from zhiyin.people.models import Staff  # noqa: PLC0415  (only here)
        from zhiyin.people.testing import make_staff  # noqa: PLC0415

        return Staff.objects.get(pk=make_staff(unit=unit).staff_id).code or ""

    def test_ones_own_branch_is_there(self, north):
        body = interaction(unit="N-1", staff=self.somebody_of("N-1"))
        assert north.post(INTERACTIONS, body).status_code == 201

    @pytest.mark.parametrize("kind", ["interactions", "invitations"])
    def test_a_row_of_another_branch_answers_like_no_row(self, north, south, kind):
        taken = found(south.post(INTERACTIONS, interaction(unit="S-1")))
        number = taken["interaction" if kind == "interactions" else "invitation"]
        assert south.get(f"/{kind}/{number}").status_code == 200
        answers = [north.get(f"/{kind}/{one}") for one in (number, int(number) + 1)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({self.bytes_of(answer) for answer in answers}) == 1

    def test_a_customer_of_another_branch_has_no_invitations_like_an_unknown_one(self, north, south):
        taken = found(south.post(INTERACTIONS, interaction(unit="S-1")))
        seen = {north.get(f"/invitations?customer={who}").content for who in ("C1", "nobody")}
        seen |= {north.get(f"/invitations?interaction={one}").content for one in (taken["interaction"], "12345")}
        assert seen == {b'{"items":[],"next":null}'}
        assert len(found(south.get("/invitations?customer=C1"))["items"]) == 1

    def test_an_id_that_another_branch_has_used_is_taken_and_nothing_more_is_said(self, north, south):
        same = interaction()
        south.post(INTERACTIONS, same)
        answers = [north.post(INTERACTIONS, body) for body in (same, same | {"channel": "email"})]
        assert [answer.status_code for answer in answers] == [409, 409]
        assert len({self.bytes_of(answer) for answer in answers}) == 1

    def test_a_key_of_a_branch_brings_in_for_its_own_unit_when_none_is_named(self, north):
        taken = found(north.post(INTERACTIONS, interaction()))
        assert found(north.get(f"{INTERACTIONS}/{taken['interaction']}"))["unit"] == "N"


LISTS = ("/invitations", "/responses", "/surveys", "/measures", "/measures/responses", "/cases")
SINGLES = ("/interactions/{}", "/invitations/{}", "/responses/{}", "/cases/{}", "/surveys/{}", "/measures/{}")
QUERIES = [
    ("A70-connector", "_connector=OR%201=1"),
    ("A71-lookup", "password__startswith=a"),
    ("A72-order-by", "order_by=x;drop"),
    ("A73-page", "page=-1"),
    ("A74-huge-page", "page=9223372036854775808"),
    ("A75-nul", "q=%00"),
    ("A77-page-size", "page_size=1000000000"),
    ("A77-limit", "limit=1000000000"),
    ("A77-limit-0", "limit=0"),
    ("A77-limit-fraction", "limit=10.5"),
    ("A73-limit-negative", "limit=-1"),
    ("A74-limit-2^63", "limit=9223372036854775808"),
    ("A75-nul-in-cursor", "cursor=%00"),
    ("A75-broken-utf-8", "cursor=%ff"),
    ("A76-twice", "limit=5&limit=6"),
    ("A76-a-hundred-and-one", "&".join(f"a{number}=1" for number in range(101))),
    ("A72-cursor-sql", "cursor=1%20OR%201=1"),
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("id", "query"), QUERIES, ids=[id for id, _ in QUERIES])
def test_a_query_string_that_is_not_known_is_refused_with_the_list_of_what_is(caller, path, id, query):
    answer = caller.get(f"{path}?{query}")
    told = problem(answer)
    assert answer.status_code == 400
    if told["code"] == "query_unknown" and path in ("/invitations", "/responses", "/cases"):
        assert "limit" in told["errors"][0]["message"]


@pytest.mark.parametrize("path", ["/invitations", "/responses", "/cases"])
@pytest.mark.parametrize("cursor", ["x", "99999999999999999999", "9223372036854775808", "-1", "1.5", "०"])
def test_a_cursor_of_nobodys_making_is_refused(caller, path, cursor):
    assert (caller.get(f"{path}?cursor={cursor}")).status_code == 400


@pytest.mark.parametrize("path", SINGLES)
@pytest.mark.parametrize(
    "id", ["1180591620717411303424", "%00", "..%2f", "-1", "0", "1.5", "x" * 3000, "%F0%9F%98%80", "1;drop"]
)
def test_a78_an_address_that_names_nothing_is_not_found(caller, path, id):
    answer = caller.get(path.format(id))
    assert (answer.status_code, problem(answer)["status"]) == (404, 404)


@pytest.mark.parametrize("path", ["/nothing", "/interactions/", "/Interactions", "//interactions", "/interactions/1/2"])
def test_a78_an_address_that_is_none_answers_with_a_problem(caller, path):
    assert problem(caller.get(path))["code"] == "not_found"


@pytest.mark.parametrize("path", [INTERACTIONS, "/invitations", "/measures", "/cases"])
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "QUERY"])
def test_a79_a_method_that_is_none_of_ours_is_refused(caller, path, method):
    answer = caller.call(method, path)
    assert (answer.status_code, problem(answer)["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"]


@pytest.mark.parametrize(("method", "path"), [("PUT", INTERACTIONS), ("DELETE", "/invitations"), ("POST", "/surveys")])
def test_a79_a_method_that_this_address_does_not_take_is_refused(caller, method, path):
    answer = caller.call(method, path, {})
    assert (answer.status_code, problem(answer)["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("header", ["x_http_method_override", "x_http_method", "x_method_override"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a79_no_header_makes_one_method_another(caller, method, header):
    before = rows()
    answer = caller.call(method, INTERACTIONS, interaction(), **{header: "DELETE"})
    assert (answer.status_code, problem(answer)["code"]) == (405, "method_not_allowed")
    assert rows() == before


def test_a79_a_method_in_the_address_is_an_unknown_parameter(caller):
    answer = caller.post(f"{INTERACTIONS}?_method=DELETE", interaction())
    assert (answer.status_code, problem(answer)["code"]) == (400, "query_unknown")


def test_a80_five_hundred_forwarding_hops_are_ignored(caller):
    hops = ", ".join(f"198.51.{number // 250}.{number % 250}" for number in range(500))
    assert caller.get("/surveys", x_forwarded_for=hops).status_code == 200
    assert caller.post(INTERACTIONS, interaction(), x_forwarded_for=hops).status_code == 201


def test_a81_one_bad_item_of_five_hundred_costs_only_itself(caller):
    batch = [interaction(number) for number in range(500)]
    batch[321] = {**batch[321], "ended_at": "yesterday"}
    results = found(caller.post(INTERACTIONS, batch))["results"]
    assert [place for place, one in enumerate(results) if one["status"] != "created"] == [321]
    assert results[321]["status"] == "invalid"
    assert [error["field"] for error in results[321]["errors"]] == ["ended_at"]
    for place in (0, 320, 322, 499):
        card = found(caller.get(f"{INTERACTIONS}/{results[place]['interaction']}"))
        assert card["external_id"] == f"call-{place}"
    assert rows()["journey.Interaction"] == rows()["outreach.Decision"] == 499


def test_no_answer_tells_how_we_are_built(caller):
    """R39: no stack, no SQL, no path, no table in whatever is refused."""
    for wrong in [*UNREADABLE, *REFUSED]:
        said = caller.post(wrong.path, wrong.body, **wrong.headers).content.decode()
        for secret in ("Traceback", "SELECT", "INSERT", "zhiyin/", "/work/", "ledger_", "psycopg", "sqlite", "Error("):
            assert secret not in said, (wrong.id, said)
