"""The administrator's pages for channels: what they show, what their forms do, and what never comes out of them."""

import html
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.fixtures import Settings

from zhiyin.ledger.queries import EventCard, events
from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.channels import pinned
from zhiyin.messaging.testing import Gateway, MailServer, channel_rows, messages
from zhiyin.outreach.channels import MOST_TRIES
from zhiyin.outreach.testing import SYSTEM, make_invitations, make_world
from zhiyin.people.testing import customers, given, known, make_staff, make_tree, members

pytestmark = pytest.mark.django_db
LIST = "/settings/channels/"
NEW_SMS, NEW_MAIL, NEW_FILE = (f"{LIST}add-channel/{kind}/" for kind in ("sms", "email", "outbox"))
SMS = {
    "key": "gateway",
    "url": "https://gateway.example.com/send",
    "method": "POST",
    "format": "json",
    "headers": "Authorization: Bearer very-secret-key",
    "body": '{"to": "{to}", "text": "{text}", "account": "secret-account"}',
    "signature_header": "X-Signature",
    "secret": "0123456789abcdef0123456789abcdef",
    "success_path": "code",
    "success_values": "0",
}
MAIL = {
    "key": "mail",
    "host": "mail.example.com",
    "port": "587",
    "security": "starttls",
    "user": "care",
    "password": "hunter2hunter2",
    "sender": "care@example.com",
    "timeout": "15",
}
SECRETS = ("very-secret-key", "secret-account", "0123456789abcdef0123456789abcdef", "hunter2hunter2", "query-key")


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    make_world(now=datetime.now(UTC))
    make_tree()
    return tmp_path


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def signed_in(role: str = "administrator", *, unit: str = "HQ", language: str = "en") -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=make_staff(role, unit=unit).staff_id or 0))
    client.cookies["zhiyin_language"] = language
    return client


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def put(key: str, kind: str = "outbox", settings: dict[str, Any] | None = None, *, is_active: bool = True) -> None:
    given_now = ChannelGiven(key=key, kind=kind, settings=settings or {}, is_active=is_active)
    set_up_channel(given_now, by=SYSTEM, now=datetime.now(UTC))


def put_gateway(gateway: Gateway, key: str = "gateway", **how: Any) -> None:
    put(key, "sms", gateway.setup(), **how)


def faults(page: str) -> dict[str, str]:
    """The sentences at the fields, by field, and the same sentences in the summary."""
    found = dict(re.findall(r'class="invalid-feedback" id="(\w+)-fault">([^<]*)<', page))
    summary = page.partition('class="z-errors"')[2].partition("</div>")[0]
    assert dict(re.findall(r'<a href="#(\w+)">([^<]*)<', summary)) == found
    return found


def facts(kind: str) -> list[EventCard]:
    return events(kind=f"messaging.{kind}")


class TestWhoMayOpen:
    @pytest.mark.parametrize(
        ("role", "status"),
        [
            ("administrator", 200),
            *((role, 403) for role in ("quality_manager", "touchpoint_owner", "executive", "auditor", "team_lead")),
            ("agent", 403),
        ],
    )
    @pytest.mark.parametrize("page", [LIST, NEW_SMS, f"{LIST}outbox/"])
    def test_administrators_only(self, page, role, status):
        assert signed_in(role).get(page).status_code == status

    def test_a_branchs_administrator_sees_that_there_are_channels_and_sets_up_none(self, gateway, data_dir):
        put_gateway(gateway)
        client = signed_in(unit="N")
        page = text_of(client.get(LIST))
        assert "gateway · SMS" in page
        assert "An administrator of the whole organisation sets them up." in page
        for hidden in ("add-channel", "Waiting", str(data_dir), f'href="{LIST}gateway/"'):
            assert hidden not in page
        for answer in (
            client.get(f"{LIST}gateway/"),
            client.get(NEW_SMS),
            client.post(NEW_FILE, {"key": "file"}),
            client.post(f"{LIST}gateway/", {"do": "test", "mobile": "13900000000"}),
            client.post(f"{LIST}gateway/switch/", {"on": "0"}),
        ):
            assert answer.status_code == 403
        assert gateway.accepted == []
        assert [row.is_active for row in channel_rows()] == [True]

    @pytest.mark.parametrize("path", [f"{LIST}nothing/", f"{LIST}add-channel/pigeon/", f"{LIST}add-channel/"])
    def test_what_is_not_there_is_not_found(self, path):
        assert signed_in().get(path).status_code == 404
        assert signed_in().post(path, {"do": "test"}).status_code == 404

    def test_the_settings_lead_here(self):
        page = signed_in().get("/settings/users/").content.decode()
        assert f'<a href="{LIST}"' in page


class TestTheList:
    @pytest.mark.parametrize(
        ("language", "sentence"), [("en", "No channel is in use yet"), ("zh-hans", "还没有启用通道")]
    )
    def test_before_any_is_set_up_it_says_where_messages_go(self, language, sentence, data_dir):
        page = text_of(signed_in(language=language).get(LIST))
        assert sentence in page
        assert str(data_dir / "outbox" / "messages.ndjson") in page
        assert f'href="{NEW_SMS}"' in page

    def test_it_shows_what_goes_where_and_what_has_no_way(self, gateway):
        make_invitations(2)
        put_gateway(gateway, "b_gateway")
        put_gateway(gateway, "a_gateway")
        put("mail", "email", {"host": "mail.example.com", "sender": "a@example.com"}, is_active=False)
        page = text_of(signed_in().get(LIST))
        rows = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)[1:]]
        assert [" ".join(row) for row in rows] == [
            "a_gateway · SMS working SMS to customers 2 — —",
            "b_gateway · SMS working stands by 0 — —",
            "mail · E-mail switched off — 0 — —",
            "Outbox file always there Alerts to staff 0 — —",
        ]
        assert "something has no way out" in page
        assert "No channel is in use yet" not in page

    def test_an_outbox_that_was_added_takes_what_has_no_channel(self, gateway):
        put_gateway(gateway)
        put("file")
        page = text_of(signed_in().get(LIST))
        assert "something has no way out" not in page
        assert "E-mail to customers<br>Alerts to staff" in page


class TestAdding:
    @pytest.mark.parametrize(("path", "form"), [(NEW_SMS, SMS), (NEW_MAIL, MAIL), (NEW_FILE, {"key": "file"})])
    def test_it_is_kept_switched_off_and_recorded(self, path, form):
        client = signed_in()
        answer = client.post(path, form)
        assert answer.headers["Location"] == f"{LIST}{form['key']}/"
        (row,) = channel_rows()
        assert (row.key, row.is_active) == (form["key"], False)
        (fact,) = facts("channel_set_up")
        assert fact.actor.startswith("staff:")
        page = text_of(client.get(answer.headers["Location"]))
        assert "switched off" in page
        assert form.get("url", form.get("host", "")) in page

    def test_the_form_offers_a_name_that_is_free(self):
        client = signed_in()
        assert 'value="sms"' in client.get(NEW_SMS).content.decode()
        client.post(NEW_SMS, SMS | {"key": "sms"})
        assert 'value="sms"' not in client.get(NEW_SMS).content.decode()

    def test_a_name_in_chinese_will_do(self):
        client = signed_in(language="zh-hans")
        answer = client.post(NEW_FILE, {"key": "备用文件"})
        assert client.get(answer.headers["Location"]).status_code == 200
        assert client.post(f"{answer.headers['Location']}switch/", {"on": "1"}).status_code == 302

    @pytest.mark.parametrize(
        ("path", "form", "changes", "fields"),
        [
            (NEW_SMS, SMS, {"key": ""}, {"key"}),
            (NEW_SMS, SMS, {"key": "outbox"}, {"key"}),
            (NEW_SMS, SMS, {"key": "../../admin"}, {"key"}),
            (NEW_SMS, SMS, {"url": "", "body": ""}, {"url", "body"}),
            (NEW_SMS, SMS, {"url": "http://gateway.example.com/"}, {"url"}),
            (NEW_SMS, SMS, {"url": "file:///etc/passwd"}, {"url"}),
            (NEW_SMS, SMS, {"url": "javascript:alert(1)"}, {"url"}),
            (NEW_SMS, SMS, {"url": "https://me:secret@gateway.example.com/"}, {"url"}),
            (NEW_SMS, SMS, {"url": "https://10.0.0.7/send"}, {"url"}),
            (NEW_SMS, SMS, {"url": "http://169.254.169.254/latest/meta-data"}, {"url"}),
            (NEW_SMS, SMS, {"url": "https://[::1]/"}, {"url"}),
            (NEW_SMS, SMS, {"url": "https://localhost/"}, {"url"}),
            (NEW_SMS, SMS, {"url": "https://0x7f000001/"}, {"url"}),
            (NEW_SMS, SMS, {"url": "https://gateway.example.com/a\r\nHost: b"}, {"url"}),
            (NEW_SMS, SMS, {"url": "https://gateway.example.com/" + "x" * 2000}, {"url"}),
            (NEW_SMS, SMS, {"headers": "Host: evil.example.com"}, {"headers"}),
            (NEW_SMS, SMS, {"headers": "X: a\x00b"}, {"headers"}),
            (NEW_SMS, SMS, {"headers": "no colon"}, {"headers"}),
            (NEW_SMS, SMS, {"body": "{"}, {"body"}),
            (NEW_SMS, SMS, {"body": '{"to": "{to}"}'}, {"body"}),
            (NEW_SMS, SMS, {"body": '{"to": "{to}", "text": "{text}{password}"}'}, {"body"}),
            (NEW_SMS, SMS, {"body": '{"to": "{to}", "text": "{text}\\ud800"}'}, {"body"}),
            (NEW_SMS, SMS, {"body": '{"a":' * 900 + "1" + "}" * 900}, {"body"}),
            (NEW_SMS, SMS, {"format": "xml"}, {"format"}),
            (NEW_SMS, SMS, {"success_values": ""}, {"success_values"}),
            (NEW_SMS, SMS, {"secret": "short"}, {"secret"}),
            (NEW_SMS, SMS, {"timeout": "0"}, {"timeout"}),
            (NEW_SMS, SMS, {"at_once": "many"}, {"at_once"}),
            (NEW_MAIL, MAIL, {"host": ""}, {"host"}),
            (NEW_MAIL, MAIL, {"host": "192.168.1.1"}, {"host"}),
            (NEW_MAIL, MAIL, {"host": "mail.example.com\r\nRCPT TO"}, {"host"}),
            (NEW_MAIL, MAIL, {"port": "99999"}, {"port"}),
            (NEW_MAIL, MAIL, {"security": "none"}, {"security"}),
            (NEW_MAIL, MAIL, {"sender": "care@example.com\nBcc: all@example.com"}, {"sender"}),
            (NEW_MAIL, MAIL, {"sender": "care"}, {"sender"}),
            (NEW_MAIL, MAIL, {"sender_name": "x" * 201}, {"sender_name"}),
        ],
    )
    def test_what_will_not_do_is_said_at_its_field_and_nothing_is_kept(self, path, form, changes, fields):
        for language in ("en", "zh-hans"):
            answer = signed_in(language=language).post(path, form | changes)
            page = answer.content.decode()
            assert answer.status_code == 422
            assert set(faults(page)) == fields
            for field in fields:
                assert re.search(rf'id="{field}"[^>]*aria-describedby="{field}-fault[^>]*aria-invalid="true"', page)
            is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in "".join(faults(page).values()))
            assert is_chinese is (language == "zh-hans")
        assert not channel_rows().exists()
        assert facts("channel_set_up") == []

    def test_what_was_typed_is_still_there_and_what_is_rare_is_open_where_it_is_wrong(self):
        page = text_of(signed_in().post(NEW_SMS, SMS | {"timeout": "0", "key": "my gateway"}))
        assert 'value="my gateway"' in page
        assert f'value="{SMS["url"]}"' in page
        assert '<details class="mt-2" open>' in page
        assert SMS["body"] in page

    def test_a_name_that_is_taken_changes_nothing(self):
        client = signed_in()
        client.post(NEW_SMS, SMS)
        page = client.post(NEW_FILE, {"key": "gateway"})
        assert faults(page.content.decode()) == {"key": "There is a channel of this name already. Choose another one."}
        assert [row.kind for row in channel_rows()] == ["sms"]

    @pytest.mark.parametrize(
        "value", ["\0", "\x1b[2J", "\u202e", "\ud800", "<script>alert(1)</script>", "'; --", "9" * 9000]
    )
    def test_no_field_makes_the_page_fall_over(self, value):
        client = signed_in()
        raw = value.encode("utf-8", "surrogatepass")
        for path, form in ((NEW_SMS, SMS), (NEW_MAIL, MAIL)):
            for name in form:
                body = urlencode({**form, name: raw})
                answer = client.generic("POST", path, body, content_type="application/x-www-form-urlencoded")
                assert answer.status_code in (302, 422), name
                assert "<script>alert" not in answer.content.decode()
                channel_rows().delete()

    def test_an_address_inside_is_for_the_operator_to_allow(self, settings):
        client = signed_in()
        settings.PRIVATE_GATEWAYS = ("sms.internal", "10.0.0.7")
        for key, url in (("a", "http://sms.internal:8080/send"), ("b", "https://10.0.0.7/send")):
            assert client.post(NEW_SMS, SMS | {"key": key, "url": url}).status_code == 302
        assert client.post(NEW_MAIL, MAIL | {"host": "10.0.0.7"}).status_code == 302
        assert client.post(NEW_SMS, SMS | {"url": "https://10.0.0.8/send"}).status_code == 422


class TestChanging:
    @pytest.fixture
    def client(self) -> Client:
        client = signed_in()
        client.post(NEW_MAIL, MAIL)
        return client

    def form(self, client: Client, **changes: str) -> dict[str, str]:
        """What a browser would send of the page as it stands."""
        page = text_of(client.get(f"{LIST}mail/"))
        inputs = [tag for tag in re.findall(r"<input[^>]*>", page) if "checkbox" not in tag]
        found = dict(re.findall(r' name="(\w+)"[^>]* value="([^"]*)"', "".join(inputs)))
        return {**found, "security": "starttls", "do": "save", **changes}

    def test_a_password_left_empty_stays(self, client):
        form = self.form(client, port="2525")
        assert form["password"] == ""
        assert client.post(f"{LIST}mail/", form).status_code == 302
        fact = facts("channel_set_up")[0]
        assert fact.data["changed"] == ["port"]
        assert "Password" in text_of(client.get(f"{LIST}mail/"))

    def test_a_new_password_beside_a_mistake_is_asked_for_again(self, client):
        answer = client.post(f"{LIST}mail/", self.form(client, port="0", password="another-secret"))
        assert answer.status_code == 422
        assert 'id="password-lost"' in answer.content.decode()
        assert "another-secret" not in answer.content.decode()

    def test_a_ticked_one_is_removed(self, client):
        assert client.post(f"{LIST}mail/", self.form(client, password_empty="1", user="")).status_code == 302
        assert "password" in facts("channel_set_up")[0].data["changed"]
        assert 'name="password_empty"' not in client.get(f"{LIST}mail/").content.decode()

    def test_another_server_does_not_get_the_password_of_this_one(self, client):
        answer = client.post(f"{LIST}mail/", self.form(client, host="evil.example.com"))
        assert answer.status_code == 422
        assert set(faults(answer.content.decode())) == {"password"}
        with_password = self.form(client, host="new.example.com", password="another-password")
        assert client.post(f"{LIST}mail/", with_password).status_code == 302

    def test_somebody_elses_change_is_not_overwritten_unseen(self, client):
        form = self.form(client, port="2525")
        put("mail", "email", {"host": "mail.example.com", "sender": "b@example.com"})
        answer = client.post(f"{LIST}mail/", form)
        page = text_of(answer)
        assert answer.status_code == 409
        assert "Somebody else has changed this channel meanwhile." in page
        assert 'value="2525"' in page
        assert client.post(f"{LIST}mail/", self.form(client, port="2525")).status_code == 302

    @pytest.mark.parametrize("as_of", ["", "yesterday", "2026-11-20T02:00:00", "9" * 500])
    def test_a_form_that_does_not_say_when_it_was_made_changes_nothing(self, client, as_of):
        assert client.post(f"{LIST}mail/", self.form(client, as_of=as_of)).status_code == 409

    def test_settings_that_are_no_longer_allowed_say_so(self, gateway, settings):
        put_gateway(gateway)
        settings.PRIVATE_GATEWAYS = ()
        client = signed_in()
        assert "settings cannot be read" in text_of(client.get(LIST))
        assert "Fill them in again." in text_of(client.get(f"{LIST}gateway/"))
        answer = client.post(f"{LIST}gateway/", {"do": "test", "mobile": "13900000000"}, follow=True)
        assert "The settings of this channel cannot be used." in text_of(answer)

    def test_the_file_that_is_always_there_has_nothing_to_save(self, data_dir):
        client = signed_in()
        page = text_of(client.get(f"{LIST}outbox/"))
        assert str(data_dir) in page
        assert "switch/" not in page
        assert client.post(f"{LIST}outbox/", {"do": "save"}).status_code == 404
        assert client.post(f"{LIST}outbox/switch/", {"on": "0"}).status_code == 404


class TestSwitching:
    def test_on_and_off_and_both_are_recorded(self, gateway):
        put_gateway(gateway, is_active=False)
        client = signed_in()
        for on, is_active in (("1", True), ("0", False)):
            assert client.post(f"{LIST}gateway/switch/", {"on": on}).status_code == 302
            assert channel_rows().get().is_active is is_active
            assert facts("channel_set_up")[0].data["is_active"] is is_active

    @pytest.mark.parametrize(
        ("others", "is_active", "said"),
        [
            ([], False, ["SMS to customers: by “gateway”", "E-mail to customers: no way out"]),
            ([], True, ["SMS to customers: by “outbox”", "E-mail to customers: by “outbox”"]),
            ([("other", "sms")], True, ["SMS to customers: by “other”"]),
            ([("a", "sms")], True, ["it stands by"]),
            ([("mail", "email")], True, ["SMS to customers: no way out"]),
            ([("mail", "email"), ("file", "outbox")], True, ["SMS to customers: by “file”"]),
        ],
    )
    def test_what_follows_is_said_before(self, gateway, others, is_active, said):
        put_gateway(gateway, is_active=is_active)
        for key, kind in others:
            if kind == "sms":
                put_gateway(gateway, key)
            else:
                put(key, kind, {"host": "mail.example.com", "sender": "a@b.cn"} if kind == "email" else {})
        panel = text_of(signed_in().get(f"{LIST}gateway/")).partition('<div class="o-form">')[2].partition("</div>")[0]
        for sentence in said:
            assert sentence in panel
        assert panel.count("<li>") == (0 if said == ["it stands by"] else len(said))


class TestTheTestMessage:
    def send(self, client: Client, key: str = "gateway", mobile: str = "139 1234 5678") -> Any:
        return client.post(f"{LIST}{key}/", {"do": "test", "mobile": mobile})

    def test_by_sms_it_goes_to_the_number_given_and_says_what_the_gateway_said(self, gateway):
        put_gateway(gateway, is_active=False)
        client = signed_in(language="zh-hans")
        assert self.send(client).headers["Location"] == f"{LIST}gateway/#test"
        (sent,) = gateway.accepted
        assert sent["mobile"] == "13912345678"
        assert sent["content"].startswith("【云桥】测试：通道「gateway」")
        page = text_of(client.get(f"{LIST}gateway/"))
        assert "已接收" in page
        assert "139****5678" in page
        assert "g-1" in page
        assert "13912345678" not in page
        assert not messages().exists()  # nobody's contact

    @pytest.mark.parametrize(
        ("mode", "words"),
        [
            ("refuses", ["The other side is there and says no.", "code=17"]),
            ("throttles", ["will not take it now", "code=throttled"]),
            ("401", ["Nothing has left.", "HTTP 401 who are you"]),
            ("500", ["no answer proves that it was taken", "HTTP 500 oops"]),
        ],
    )
    def test_every_answer_is_told(self, gateway, mode, words):
        gateway.mode = mode
        put_gateway(gateway)
        client = signed_in()
        self.send(client)
        page = text_of(client.get(f"{LIST}gateway/"))
        for word in words:
            assert word in page

    def test_by_mail_it_goes_to_the_address_that_one_signs_in_with_and_to_no_other(self):
        client = signed_in()
        with MailServer() as server:
            settings = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "care@example.com"}
            put("mail", "email", settings, is_active=False)
            client.post(f"{LIST}mail/", {"do": "test", "mobile": "x@evil.example.com", "to": "x@evil.example.com"})
            (mail,) = server.accepted
        address = members().filter(role="administrator").values_list("email", flat=True).get() or ""
        assert f"To: {address}".encode() in mail
        assert b"evil" not in mail
        assert (facts("channel_tried")[0].data["to"], facts("channel_tried")[0].data["result"]) == (
            f"p***@{address.partition('@')[2]}",
            "accepted",
        )

    def test_by_the_file_it_is_a_line(self, data_dir):
        self.send(signed_in(), "outbox")
        (line,) = (data_dir / "outbox" / "messages.ndjson").read_text().splitlines()
        assert json.loads(line)["to"].endswith("@example.com")
        assert json.loads(line)["invitation"] is None

    def test_never_to_a_customer_and_the_try_is_recorded(self, gateway):
        put_gateway(gateway)
        (one,) = known(given("C1", phone="13900000001"))
        client = signed_in()
        answer = self.send(client, mobile="+86 139-0000-0001")
        assert answer.status_code == 422
        assert faults_of_test(answer) == "This number is a customer's. A test message may only go to yourself."
        assert gateway.accepted == []
        assert facts("channel_tried")[0].data["to"] == "139****0001"
        customers().filter(pk=one.id).update(is_internal=True)  # a colleague who is also a customer
        assert self.send(client, mobile="13900000001").status_code == 302
        assert len(gateway.accepted) == 1

    @pytest.mark.parametrize("mobile", ["", "1", "010-12345678", "13900000001x", "a@b.cn", "1" * 500, "\x00", "<b>"])
    def test_what_is_no_mobile_number_is_said_at_its_field(self, gateway, mobile):
        put_gateway(gateway)
        answer = self.send(signed_in(), mobile=mobile)
        assert answer.status_code == 422
        assert faults_of_test(answer).startswith("Give a mobile number of 11 digits")
        assert gateway.connections == 0

    def test_after_a_few_one_has_to_wait(self, gateway):
        put_gateway(gateway)
        client = signed_in()
        for _ in range(MOST_TRIES):
            self.send(client)
        answer = client.post(f"{LIST}gateway/", {"do": "test", "mobile": "13912345678"}, follow=True)
        assert "That was a lot of test messages." in text_of(answer)
        assert len(gateway.accepted) == MOST_TRIES
        assert self.send(signed_in()).status_code == 302  # somebody else
        assert len(gateway.accepted) == MOST_TRIES + 1

    def test_a_private_address_behind_a_public_name_is_refused_when_it_is_looked_up(self, monkeypatch):
        inside = [(2, 1, 6, "", ("10.0.0.1", 443))]
        monkeypatch.setattr(pinned.socket, "getaddrinfo", lambda *_, **__: inside)
        client = signed_in()
        client.post(NEW_SMS, SMS)
        self.send(client)
        assert "address not allowed: gateway.example.com" in text_of(client.get(f"{LIST}gateway/"))


def faults_of_test(answer: Any) -> str:
    found = re.search(r'id="mobile-fault">([^<]*)<', text_of(answer))
    return found[1] if found else ""


class TestSecrets:
    def test_nothing_that_was_kept_stands_on_a_page_in_the_ledger_or_in_a_log(self, gateway, caplog, settings):
        """Not even when the gateway repeats it, when the settings break, or when somebody errs beside it.

        What somebody has just typed for an address or a template comes back to them to be corrected, until it is kept.
        """
        caplog.set_level(logging.DEBUG)
        client, pages = signed_in(), []
        where = {"url": f"http://127.0.0.1:{gateway.port}/send?key=query-key"}
        body = json.dumps({"account": "secret-account", "id": "{message}", "to": "{to}", "text": "{text}"})
        form = SMS | where | {"body": body}
        pages.append(client.post(NEW_SMS, form | {"key": "no name", "url": "", "body": "{"}))
        pages.append(client.post(NEW_SMS, form))
        pages.append(client.post(NEW_MAIL, MAIL | {"port": "0"}))
        pages.append(client.post(NEW_MAIL, MAIL))
        for gateway.mode in ("echoes", "ok"):
            pages.append(client.post(f"{LIST}gateway/", {"do": "test", "mobile": "13912345678"}, follow=True))
        pages.append(client.post(f"{LIST}gateway/", {"do": "save", "timeout": "0"}))
        client.post(f"{LIST}gateway/switch/", {"on": "1"})
        settings.PRIVATE_GATEWAYS = ()
        pages.append(client.post(f"{LIST}gateway/", {"do": "test", "mobile": "13912345678"}, follow=True))
        pages += [
            client.get(path) for path in (LIST, f"{LIST}gateway/", f"{LIST}mail/", "/settings/audit/", "/outreach/")
        ]
        assert len(gateway.accepted) == 2
        assert (
            gateway.headers[0]["authorization"] == "Bearer very-secret-key"
        )  # else nothing below would prove anything
        written = [page.content.decode() for page in pages]
        written.append(str([(fact.kind, fact.data) for fact in events(limit=1000)]))
        written.append(caplog.text)
        for secret in SECRETS:
            for text in written:
                assert secret not in text
        assert facts("channel_tried")[1].data["detail"].count("***") >= 2

    def test_an_error_report_hides_what_was_posted(self, monkeypatch, rf):
        from django.views.debug import SafeExceptionReporterFilter  # noqa: PLC0415

        from zhiyin.outreach.views import channels as views  # noqa: PLC0415

        seen = []

        def fail(request: Any) -> Any:
            seen.append(SafeExceptionReporterFilter().get_post_parameters(request))
            raise ZeroDivisionError

        monkeypatch.setattr(views, "viewer", fail)
        posted = rf.post("/", SMS | MAIL | {"url": "https://gateway.example.com/?key=query-key"})
        with pytest.raises(ZeroDivisionError):
            views.channel_new(posted, "sms")
        with pytest.raises(ZeroDivisionError):
            views.channel(rf.post("/", posted.POST.dict() | {"mobile": "13912345678"}), "gateway")
        assert len(seen) == 2
        for shown in seen:
            assert not any(secret in str(shown) for secret in (*SECRETS, "13912345678"))


def test_when_it_last_sent_and_last_failed_stands_in_the_list(gateway):
    put_gateway(gateway)
    make_invitations(1)
    now = datetime.now(UTC)
    messages().update(state="sent", via="gateway", sent_at=now - timedelta(minutes=1))
    page = text_of(signed_in().get(LIST))
    assert f'<time datetime="{(now - timedelta(minutes=1)).isoformat()}">' in page
