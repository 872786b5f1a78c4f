"""``/api/v1/openapi.json`` is valid OpenAPI 3.1, lists every call, and tells the truth about what they answer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jsonschema_rs
import pytest
from django.contrib.staticfiles import finders
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from schemathesis.specs.openapi.definitions import OPENAPI_31

from tests.contracts.api_calls import ROOT, Caller, found, interaction, make_organisation, rows
from zhiyin.config.wsgi import application

EXAMPLES = 15  # for each call, of what it takes and as many of what it refuses
# CONTRACT section 3, as far as this version goes; measures, cases and the rest included.
CALLS = {
    "/interactions": {"post"},
    "/interactions/{interaction_id}": {"get"},
    "/invitations": {"get"},
    "/invitations/{invitation_id}": {"get"},
    "/responses": {"get", "post"},
    "/responses/{response_id}": {"get"},
    "/surveys": {"get"},
    "/surveys/{key}": {"get"},
    "/measures": {"get"},
    "/measures/{key}": {"get"},
    "/cases": {"get", "post"},
    "/cases/{case}": {"get"},
    "/cases/{case}/actions": {"post"},
    "/customers/{external_id}/opt-out": {"put"},
    "/customers/{external_id}": {"delete"},
}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]


def description() -> dict[str, Any]:
    told: dict[str, Any] = found(Client().get(f"{ROOT}/openapi.json"))
    return told


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path.removeprefix(ROOT), method, operation)
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
    ]


class TestTheDocument:
    def test_is_valid_openapi_3_1(self):
        jsonschema_rs.validator_for(OPENAPI_31).validate(description())

    def test_lists_every_call(self):
        listed: dict[str, set[str]] = {}
        for path, method, _operation in operations():
            listed.setdefault(path, set()).add(method)
        assert listed == CALLS

    def test_every_schema_in_it_is_a_schema(self):
        def schemas(node: Any) -> list[Any]:
            if isinstance(node, list):
                return [one for each in node for one in schemas(each)]
            if not isinstance(node, dict):
                return []
            below = [one for name, each in node.items() if name != "schema" for one in schemas(each)]
            return [*below, node["schema"]] if isinstance(node.get("schema"), dict) else below

        told = description()
        every = [*schemas(told["paths"]), *told["components"]["schemas"].values()]
        assert len(every) > 50
        for schema in every:
            jsonschema_rs.meta.validate(schema)

    def test_every_reference_leads_somewhere(self):
        told = description()
        for reference in set(re.findall(r'"\$ref": ?"#/([^"]+)"', str(told).replace("'", '"'))):
            node = told
            for step in reference.split("/"):
                node = node[step]

    def test_every_call_says_what_can_go_wrong_and_needs_the_key(self):
        for path, method, operation in operations():
            wanted = {"401", "403", "404", "503"} | (
                {"400", "409", "413", "415", "422"} if method == "post" else {"400"}
            )
            assert wanted <= set(operation["responses"]), (path, method)
            assert operation["security"] == [{"Bearer": []}]
            assert operation["summary"]
            for status, answer in operation["responses"].items():
                kind = "application/json" if status[0] == "2" else "application/problem+json"
                assert list(answer["content"]) == [kind], (path, method, status)

    def test_the_body_of_an_interaction_is_described_by_the_very_table_that_cleans_it(self):
        (post,) = [one for path, method, one in operations() if (path, method) == ("/interactions", "post")]
        one, many = post["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
        assert set(one["required"]) == {"source", "external_id", "customer", "touchpoint", "ended_at"}
        assert one["properties"]["external_id"]["maxLength"] == 255
        assert (many["items"], many["maxItems"]) == (one, 1000)
        jsonschema_rs.validator_for(one).validate(interaction())
        assert not jsonschema_rs.validator_for(one).is_valid(interaction(tuochpoint="x"))

    def test_needs_no_key_and_no_database(self):
        assert Client().get(f"{ROOT}/openapi.json").status_code == 200


class TestThePage:
    def test_loads_nothing_from_outside(self):
        answer = Client().get(f"{ROOT}/docs")
        page = answer.content.decode()
        loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
        assert loaded
        for address in loaded:
            assert address.startswith("/static/"), address
            assert finders.find(address.removeprefix("/static/").partition("?")[0]), address
        assert "http:" not in page
        assert "https:" not in page

    def test_is_held_to_that_by_its_policy(self):
        policy = Client().get(f"{ROOT}/docs").headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "http" not in policy


@pytest.mark.django_db
class TestTheTruth:
    """What is described is what comes."""

    @pytest.fixture
    def caller(self) -> Caller:
        make_organisation()
        return Caller()

    def test_answers_are_what_the_description_says(self, caller):
        body: dict[str, Any] = interaction()
        answer: dict[str, Any] = {"source": "ivr", "external_id": "r-1", "survey": "call", "answers": {"overall": 9}}
        answer |= {"answered_at": body["ended_at"]}
        taken = found(caller.post("/interactions", body))
        caller.post("/responses", answer)
        case = found(
            caller.post("/cases", {"customer": "C1", "title": "来电投诉", "interaction": taken["interaction"]})
        )
        response = found(caller.get("/responses"))["items"][0]
        calls: list[tuple[str, str, str, Any]] = [
            ("post", "/interactions", "/interactions", interaction(2)),
            ("post", "/interactions", "/interactions", [interaction(3), {}, body]),
            ("post", "/interactions", "/interactions", body),
            ("post", "/interactions", "/interactions", {**body, "channel": "email"}),
            ("post", "/interactions", "/interactions", {"source": 5}),
            ("get", "/interactions/{interaction_id}", f"/interactions/{taken['interaction']}", None),
            ("get", "/invitations", "/invitations?limit=1", None),
            ("get", "/invitations/{invitation_id}", f"/invitations/{taken['invitation']}", None),
            ("post", "/responses", "/responses", {**answer, "external_id": "r-2"}),
            ("post", "/responses", "/responses", answer),
            ("get", "/responses", "/responses", None),
            ("get", "/responses/{response_id}", f"/responses/{response['id']}", None),
            ("get", "/surveys", "/surveys", None),
            ("get", "/surveys/{key}", "/surveys/call", None),
            ("get", "/measures", "/measures", None),
            ("get", "/measures/{key}", "/measures/responses?by=touchpoint", None),
            ("get", "/cases", "/cases", None),
            ("post", "/cases", "/cases", {"customer": "C1", "title": "再来"}),
            ("get", "/cases/{case}", f"/cases/{case['id']}", None),
            ("post", "/cases/{case}/actions", f"/cases/{case['code']}/actions", {"action": "note", "text": "记下"}),
            ("get", "/cases/{case}", "/cases/0", None),
        ]
        told = description()
        for method, path, address, sent in calls:
            got = caller.call(method.upper(), address, sent)
            described = told["paths"][ROOT + path][method]["responses"][str(got.status_code)]["content"]
            (kind,) = described
            assert got.headers["Content-Type"].partition(";")[0] == kind, (method, address)
            schema = {**described[kind]["schema"], "components": told["components"]}
            jsonschema_rs.validator_for(schema).validate(found(got))

    def test_whatever_is_made_up_from_the_description_gets_no_server_error(self, caller):
        """A bounded run of Schemathesis: bodies, paths and queries that fit the description, and ones that do not."""
        schema = openapi.from_dict(found(Client().get(f"{ROOT}/openapi.json")))
        schema.app = application
        headers = {"Authorization": f"Bearer {caller.secret}"}
        asked: list[int] = []
        with one_connection():
            for result in schema.get_all_operations():
                assert not isinstance(result, Err), result
                for mode in GenerationMode:
                    self.fuzz(result.ok(), mode, headers, asked)
        assert len(asked) > len(CALLS) * EXAMPLES
        assert not {status for status in asked if status >= 500}
        assert {200, 400, 404, 422} <= set(asked)

    @staticmethod
    def fuzz(operation: Any, mode: GenerationMode, headers: dict[str, str], asked: list[int]) -> None:
        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def answers_as_described(case: Any) -> None:
            response = case.call(headers=headers)
            asked.append(response.status_code)
            case.validate_response(response, checks=CHECKS)

        answers_as_described()


@contextmanager
def one_connection() -> Iterator[None]:
    """A server closes idle connections between requests; here that would end the test's own transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db
def test_reading_changes_nothing():
    """R21: a crawl of every GET leaves every table as it was."""
    make_organisation()
    caller = Caller()
    taken = found(caller.post("/interactions", interaction()))
    before = rows()
    for path, method, _operation in operations():
        if method == "get":
            number = taken["interaction"] if "interaction" in path else "1"
            caller.get(re.sub(r"\{[^}]+\}", number, path))
    assert rows() == before
