"""The kinds: which columns each knows, and how its rows are taken in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from django.db import connection

from zhiyin.cli.importing.apart import set_apart
from zhiyin.cli.importing.frame import Circumstances, OneByOne, Outcome
from zhiyin.cli.importing.hands import hands_at_hand
from zhiyin.cli.importing.responses import SEPARATORS, Responses
from zhiyin.journey import counters
from zhiyin.journey.counters import COUNTER
from zhiyin.journey.rules import Arrival, arrivals_of
from zhiyin.lib.clean import Field, Kind
from zhiyin.lib.errors import Refused
from zhiyin.lib.faults import Fault
from zhiyin.lib.tables import Column, Columns, Row
from zhiyin.lib.text import LANGUAGES
from zhiyin.outreach.intake import receive_read
from zhiyin.outreach.judging import current_policy
from zhiyin.people.actions import StaffGiven, UnitGiven, put_customers, put_staff, put_unit
from zhiyin.people.handles import given_person, handles_of
from zhiyin.people.identify import Given
from zhiyin.people.roles import Role


class Importer(Protocol):
    """One kind of import. ``read`` makes of rows what ``take`` then takes; ``take`` answers for every one, in order."""

    @property
    def columns(self) -> Columns: ...
    def read(self, rows: Sequence[Row]) -> Sequence[Any]: ...
    def take(self, read: Sequence[Any]) -> list[Outcome]: ...


def units(here: Circumstances) -> Importer:
    """The organisation tree, parents first."""
    columns = {
        "code": Column(Field(Kind.CODE, required=True, max_length=60), ("编码", "单元编码")),
        "name": Column(Field(Kind.TEXT, required=True, max_length=80), ("名称", "单元名称")),
        "name_en": Column(Field(Kind.TEXT, max_length=80), ("英文名称",)),
        "kind": Column(Field(Kind.CODE, max_length=30, default="team"), ("类型",)),
        "parent": Column(Field(Kind.CODE, max_length=60), ("上级", "上级编码")),
    }

    def put(row: Row) -> str:
        name = {"zh-hans": row.values["name"], "en": row.values["name_en"] or row.values["name"]}
        given = UnitGiven(row.values["code"], name, row.values["kind"] or "team", row.values["parent"] or "")
        return put_unit(given, by=here.by, now=here.now)[1]

    return OneByOne(Columns(columns), put, lambda row: row.values["code"], (Refused,))


def staff(here: Circumstances) -> Importer:
    """Who works here; with an e-mail they may be given a password later."""
    columns = {
        "code": Column(Field(Kind.CODE, max_length=60), ("工号", "编号")),
        "name": Column(Field(Kind.TEXT, required=True, max_length=120), ("姓名",)),
        "unit": Column(Field(Kind.CODE, required=True, max_length=60), ("组织单元", "单元", "班组")),
        "role": Column(Field(Kind.CHOICE, choices=tuple(Role.values), default="agent"), ("角色",)),
        "email": Column(Field(Kind.EMAIL), ("邮箱", "电子邮件")),
    }

    def put(row: Row) -> str:
        value = row.values
        given = StaffGiven(
            value["name"], value["unit"], value["role"] or "agent", value["code"] or "", value["email"] or ""
        )
        return put_staff(given, by=here.by, now=here.now)[1]

    return OneByOne(Columns(columns), put, lambda row: row.values["code"] or row.values["email"], (Refused,))


PERSON = {
    "customer": Column(
        Field(Kind.CODE, required=True, max_length=120),
        ("客户编号", "客户", "customer_id", "customer_external_id", "用户id"),
    ),
    "phone": Column(Field(Kind.PHONE), ("手机号", "手机", "电话")),
    "email": Column(Field(Kind.EMAIL), ("邮箱", "电子邮件")),
    "wechat": Column(Field(Kind.CODE, max_length=64), ("微信", "openid", "微信openid")),
    "wecom": Column(Field(Kind.CODE, max_length=64), ("企业微信", "external_userid", "外部联系人")),
    "name": Column(Field(Kind.TEXT, max_length=80), ("姓名", "客户姓名")),
    "brand": Column(Field(Kind.TEXT, max_length=60), ("品牌",)),
    "segment": Column(Field(Kind.TEXT, max_length=60), ("客群", "星级")),
    "language": Column(Field(Kind.CHOICE, choices=LANGUAGES), ("语言",)),
}


class Customers:
    """Customers by themselves, before anything happened with them."""

    columns = Columns(PERSON)
    key_column = "customer"
    key_columns = ("customer",)

    def __init__(self, here: Circumstances) -> None:
        self._here = here

    def read(self, rows: Sequence[Row]) -> Sequence[Given]:
        return [given_person(row.values, main="customer") for row in rows]

    def take(self, people: Sequence[Given]) -> list[Outcome]:
        done = put_customers(people, by=self._here.by, now=self._here.now)
        return [Outcome(one) for one in done]

    def identity(self, row: Row) -> tuple[object, object]:
        """(key, body). One customer may come by several phones and addresses, and has one name, brand and so on."""
        return row.values["customer"], tuple(row.values[name] for name in ("name", "brand", "segment", "language"))


WORTH_MORE_HANDS = 10_000  # rows; below that a second process is hardly ready when the first is done
KNOWN_ATTRIBUTES = ("complaint", "begged", "checklist")


class Interactions:
    """Service interactions; every column that we do not know becomes an attribute."""

    columns = Columns(
        {
            "source": Column(Field(Kind.CODE, max_length=60), ("来源",)),
            "external_id": Column(Field(Kind.CODE, required=True, max_length=255), ("接触编号", "外部编号", "流水号")),
            **PERSON,
            "touchpoint": Column(Field(Kind.CODE, required=True, max_length=60), ("触点",)),
            "scenario": Column(Field(Kind.CODE, max_length=60), ("场景",)),
            "unit": Column(Field(Kind.CODE, max_length=60), ("组织单元", "单元", "班组")),
            "staff": Column(Field(Kind.CODE, max_length=60), ("工号", "人员")),
            "channel": Column(Field(Kind.CHOICE, choices=("sms", "email", "wechat", "wecom", "outbox")), ("通道",)),
            "started_at": Column(Field(Kind.TIME), ("开始时间",)),
            "ended_at": Column(Field(Kind.TIME, required=True), ("结束时间",)),
            "complaint": Column(Field(Kind.BOOL), ("投诉", "投诉标记")),
            "begged": Column(Field(Kind.BOOL), ("要分", "求高分")),
            "checklist": Column(Field(Kind.TEXT, max_length=2000), ("检查清单", "已做清单")),
        },
        keep_unknown=True,
    )
    key_columns = ("source", "external_id")
    reads_without_record = True

    def __init__(self, here: Circumstances) -> None:
        self._here = here

    def read(self, rows: Sequence[Row]) -> Sequence[Arrival | list[Fault]]:
        given = [row.values for row in rows]
        clean: dict[str, Sequence[Any]] = {
            name: [one[name] for one in given]
            for name in self.columns.columns
            if name not in PERSON and name not in KNOWN_ATTRIBUTES
        }
        clean["source"] = [source or self._here.source for source in clean["source"]]
        clean["customer"] = [
            {"external_id" if name == "customer" else name: one[name] for name in PERSON} for one in given
        ]
        clean["attributes"] = [_attributes(row) for row in rows]
        return arrivals_of(clean, now=self._here.now) if rows else []

    def hands(self, rows: int) -> int:
        """In how many processes so many rows are best taken in. SQLite has one writer; and where a whole group's
        messages are counted together, the hands would wait for each other."""
        is_worth_it = rows >= WORTH_MORE_HANDS and connection.vendor == "postgresql" and not current_policy()[1].groups
        return hands_at_hand() if is_worth_it else 1

    def apart(self, read: Mapping[int, Arrival | list[Fault]], count: int) -> list[list[int]]:
        """The places of what was read, in so many parts; whoever has an id or an address in common is in one part."""
        return set_apart(
            {place: () if isinstance(one, list) else handles_of(one.customer) for place, one in read.items()}, count
        )

    def take(self, read: Sequence[Arrival | list[Fault]]) -> list[Outcome]:
        results = receive_read(read, by=self._here.by, now=self._here.now)
        names = {"created": "created", "replayed": "duplicate"}
        return [Outcome(names.get(one.status, "refused"), one.faults) for one in results]

    def identity(self, row: Row) -> tuple[object, object] | None:
        """(key, body): to see whether a file names one interaction twice with different content (I57)."""
        (read,) = self.read([row])
        return None if isinstance(read, list) else (read.key, read.body)


def _attributes(row: Row) -> dict[str, Any]:
    attributes: dict[str, Any] = {name[:60]: text for name, text in row.unknown.items()}
    value = row.values
    attributes |= {flag: value[flag] for flag in ("complaint", "begged") if value[flag] is not None}
    if value["checklist"] is not None:  # looked at; an empty cell is not
        attributes["checklist"] = [item.strip() for item in SEPARATORS.split(value["checklist"]) if item.strip()]
    return attributes


class Counters:
    """The steps of the purchase funnel, day by day (S1.41)."""

    columns = Columns(
        {
            "counter": Column(COUNTER.fields["counter"], ("漏斗步骤", "计数")),
            "day": Column(COUNTER.fields["day"], ("日期",)),
            "value": Column(COUNTER.fields["value"], ("数量", "人数")),
            "unit": Column(COUNTER.fields["unit"], ("组织单元", "单元")),
            "touchpoint": Column(COUNTER.fields["touchpoint"], ("触点",)),
            "source": Column(COUNTER.fields["source"], ("来源",)),
        }
    )
    key_columns = ("counter", "day", "unit", "touchpoint", "source")

    def __init__(self, here: Circumstances) -> None:
        self._here = here

    def read(self, rows: Sequence[Row]) -> Sequence[Mapping[str, Any]]:
        return [row.values for row in rows]

    def take(self, lines: Sequence[Mapping[str, Any]]) -> list[Outcome]:
        told = counters.tell(lines, by=self._here.by, now=self._here.now, source=self._here.source)
        return [Outcome(one.done, one.faults) for one in told]

    def identity(self, row: Row) -> tuple[object, object]:
        """(key, body): a step of one day, place and source has one count."""
        return tuple(row.values[name] for name in self.key_columns), row.values["value"]


KINDS: dict[str, Callable[[Circumstances], Importer]] = {
    "units": units,
    "staff": staff,
    "customers": Customers,
    "interactions": Interactions,
    "responses": Responses,
    "counters": Counters,
}
