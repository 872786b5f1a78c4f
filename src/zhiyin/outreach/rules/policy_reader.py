"""Reads the tables of a policy file; whatever is wrong is gathered, so that one look mends it all."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from zhiyin.outreach.rules.facts import Kind
from zhiyin.outreach.rules.reading import Table
from zhiyin.outreach.rules.reading_more import MoreReader
from zhiyin.outreach.rules.reasons import REASONS
from zhiyin.outreach.rules.reminders import hindered
from zhiyin.outreach.rules.terms import ALL_KINDS, GAP_REASONS, LIMIT_REASONS, SURVEY_KINDS, Gap, Limit, Policy, Scope

MOST_LIMITS = 50
MOST_GAPS = 20
KINDS = {kind.name.lower(): kind for kind in Kind}
REASON = re.compile(r"[a-z][a-z0-9_]{0,39}")
PERIODS = {"days": 1096, "hours": 26_304, "minutes": 1_578_240}
SPANS = {"hours": 2160, "minutes": 129_600}
TABLES = {
    *("version", "limit", "gap", "link", "sending_hours", "age", "sampling", "caps"),
    *("target", "eligible", "exclude", "reminder"),
}


class PolicyReader(MoreReader):
    """Reads one file. A table that is left out keeps what ``absent`` says, so forgetting one loosens nothing."""

    def __init__(self, *, absent: Policy, is_new: bool = True) -> None:
        super().__init__()
        self.absent, self.is_new = absent, is_new

    def read(self, raw: Table) -> Policy | None:
        """The policy, or None when there are problems."""
        self.known(raw, "", TABLES)
        values: dict[str, Any] = {}
        readers: dict[str, Callable[[], dict[str, Any]]] = {
            "limit": lambda: {"limits": self._limits(raw["limit"])},
            "gap": lambda: self._gaps(raw),
            "link": lambda: {"link_life": self._link(raw)},
            "sending_hours": lambda: self.sending_hours(raw, self.absent),
            "age": lambda: {"max_age": self.hours_or_off(raw, "age", "max_hours", 8760)},
            "sampling": lambda: self.sampling(raw, self.absent),
            "caps": lambda: self.all_caps(raw, self.absent),
            "version": lambda: {"version": self._version(raw["version"])},
            "target": lambda: {"targets": self.targets(raw["target"])},
            "eligible": lambda: {"eligible": self.eligible(raw)},
            "exclude": lambda: {"exclude": self.exclude(raw)},
            "reminder": lambda: {"reminder": self.reminder(raw)},
        }
        for name, fields in readers.items():
            if name in raw:
                values |= fields()
        return None if self.problems else self._same_reasons(values)

    def _same_reasons(self, values: dict[str, Any]) -> Policy | None:
        """A stored decision knows its rule by the reason: those of gaps must be their own."""
        policy = replace(self.absent, **values)
        taken = {limit.reason for limit in policy.limits}
        for number, gap in enumerate(policy.all_gaps, 1):
            if gap.reason in taken:
                zh, en = "另一条规则已用这个原因", "another rule gives this reason already"
                self.wrong(f"gap[{number}].reason", gap.reason, zh, en)
            taken.add(gap.reason)
        if self.is_new and (problem := hindered(policy)):
            self.problems.append(problem)
        return None if self.problems else policy

    def _link(self, raw: Table) -> timedelta | None:
        table = self.table(raw, "link", {"hours"})
        return self.hours(table, "link", "hours", 720)

    def _version(self, value: object) -> str | None:
        if isinstance(value, str) and 1 <= len(value) <= 60 and value.isprintable() and value == value.strip():
            return value
        self.wrong("version", value, "应为 1 到 60 个字符的文字", "it must be a text of 1 to 60 characters")
        return None

    def _limits(self, raw: object) -> tuple[Limit, ...]:
        limits = [self._limit(table, path) for table, path in self.tables(raw, "limit", MOST_LIMITS)]
        return tuple(limit for limit in limits if limit)

    def _limit(self, table: Table, path: str) -> Limit | None:
        self.known(table, f"{path}.", {"per", "max", *PERIODS, "reason", "counts"})
        per = self._scope(table, path)
        most = self.whole(table, path, "max", 1000 if per is None or not per.is_group else 100_000_000)
        period = self.length(table, path, PERIODS)
        reason = self._reason(table, path, LIMIT_REASONS[per or Scope.CUSTOMER])
        counts = self._counts(table, path, ALL_KINDS if per is Scope.CUSTOMER else SURVEY_KINDS, tuple(Kind))
        if per is None or most is None or period is None or reason is None or counts is None:
            return None
        return Limit(per=per, most=most, period=period, reason=reason, counts=counts)

    def _gaps(self, raw: Table) -> dict[str, Any]:
        if not isinstance(raw["gap"], list):
            return {"gap": self.hours_or_off(raw, "gap", "hours", 2160), "gaps": ()}
        gaps = [self._gap(table, path) for table, path in self.tables(raw["gap"], "gap", MOST_GAPS)]
        found = tuple(gap for gap in gaps if gap)
        first = found[0] if found else None
        if first and first == Gap(per=Scope.CUSTOMER, span=first.span, reason="gap", counts=ALL_KINDS):
            return {"gap": first.span, "gaps": found[1:]}  # the plain one: [gap] and [[gap]] say the same
        return {"gap": None, "gaps": found}

    def _gap(self, table: Table, path: str) -> Gap | None:
        self.known(table, f"{path}.", {"per", *SPANS, "reason", "counts"})
        per = self._scope(table, path)
        span = self.length(table, path, SPANS)
        reason = self._reason(table, path, GAP_REASONS[per or Scope.CUSTOMER])
        counts = self._counts(table, path, ALL_KINDS, tuple(kind for kind in Kind if kind in ALL_KINDS))
        if per is None or span is None or reason is None or counts is None:
            return None
        return Gap(per=per, span=span, reason=reason, counts=counts)

    def _scope(self, table: Table, path: str) -> Scope | None:
        value = self.choice(table, path, "per", tuple(Scope))
        return None if value is None else Scope(value)

    def _reason(self, table: Table, path: str, usual: str) -> str | None:
        value = table.get("reason", usual)
        mine = LIMIT_REASONS if path.startswith("limit") else GAP_REASONS
        taken = set(REASONS) - set(mine.values())
        if isinstance(value, str) and REASON.fullmatch(value) and value not in taken:
            return value
        zh = f"应为小写字母、数字和下划线，最多 40 个，且不与其他规则的原因同名，如 {usual}"
        en = (
            f"it must be small letters, digits and underscores, at most 40, and no other rule's reason, such as {usual}"
        )
        self.wrong(f"{path}.reason", value, zh, en)
        return None

    def _counts(
        self, table: Table, path: str, usual: frozenset[Kind], allowed: tuple[Kind, ...]
    ) -> frozenset[Kind] | None:
        if "counts" not in table:
            return usual
        value = table["counts"]
        names = {name: kind for name, kind in KINDS.items() if kind in allowed}
        if isinstance(value, list) and value and all(isinstance(kind, str) and kind in names for kind in value):
            return frozenset(names[kind] for kind in value)
        listed = ", ".join(f'"{kind}"' for kind in names)
        self.wrong(f"{path}.counts", value, f"应为一个列表，可含 {listed}", f"it must be a list of {listed}")
        return None
