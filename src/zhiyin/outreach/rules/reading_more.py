"""Reads the tables of a policy that choose: hours by channel and region, caps, samples, targets, groups, reminders."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhiyin.outreach.rules.groups import (
    FLAGS,
    GROUP_LISTS,
    SHARE_KEYS,
    TARGET_MEASURES,
    CellOf,
    Exclusions,
    Groups,
    ShareFor,
    Target,
)
from zhiyin.outreach.rules.hours import DAY, ChannelCap, HoursFor, Reminder, SendingHours
from zhiyin.outreach.rules.reading import Table, TableReader, is_name
from zhiyin.outreach.rules.terms import Policy

MOST_ROWS = 200  # of an array of tables
MOST_NAMES = 1000  # in one list
MOST_YUAN = Decimal(100_000_000)


class MoreReader(TableReader):
    """The part of the policy's reader for tables that choose among messages."""

    def sending_hours(self, raw: Table, absent: Policy) -> dict[str, Any]:
        """``[sending_hours]`` and its ``[[sending_hours.for]]``."""
        table = self.table(raw, "sending_hours", {"from", "to", "for"})
        found: dict[str, Any] = {"sending_hours": absent.sending_hours, "hours": ()}
        if "for" not in table or "from" in table or "to" in table:
            found["sending_hours"] = self._clock(table, "sending_hours")
        if "for" in table:
            rows = [self._hours_for(*one) for one in self.tables(table["for"], "sending_hours.for", MOST_ROWS)]
            found["hours"] = tuple(row for row in rows if row)
            self._once([(row.channel, row.region) for row in found["hours"]], "sending_hours.for")
        return found

    def _hours_for(self, table: Table, path: str) -> HoursFor | None:
        self.known(table, f"{path}.", {"channel", "region", "from", "to", "time_zone"})
        channel, region = self.name(table, path, "channel"), self.name(table, path, "region")
        zone = self._zone(table, path)
        before = len(self.problems)
        hours = self._clock(table, path)
        if channel == region == "":
            self.wrong(path, table, "要写 channel 或 region", "name a channel, a region or both")
        if channel is None or region is None or zone is None or len(self.problems) > before:
            return None
        return HoursFor(hours=hours, channel=channel, region=region, time_zone=zone)

    def _zone(self, table: Table, path: str) -> str | None:
        zone = self.name(table, path, "time_zone")
        try:
            return zone and ZoneInfo(zone).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            zh, en = '没有这个时区；应写成 "Asia/Urumqi" 这样', 'there is no such time zone; write it as "Asia/Urumqi"'
            self.wrong(f"{path}.time_zone", zone, zh, en)
            return None

    def _clock(self, table: Table, path: str) -> SendingHours | None:
        opens, closes = (self.minute(table, path, key) for key in ("from", "to"))
        if opens is None or closes is None:
            return None
        if opens in (DAY, closes):
            zh = 'from 和 to 不能相同，from 不能是 24:00；全天请写 "00:00" 到 "24:00"'
            en = 'from and to must differ and from cannot be 24:00; "00:00" to "24:00" is always'
            self.wrong(path, f"{table['from']}–{table['to']}", zh, en)
            return None
        if (opens, closes) == (0, DAY):  # always: no rule at all
            return None
        return SendingHours(opens=opens, closes=closes or DAY)  # until midnight, whichever way it is written

    def sampling(self, raw: Table, absent: Policy) -> dict[str, Any]:
        """``[sampling]`` and its ``[[sampling.for]]``."""
        table = self.table(raw, "sampling", {"share", "for"})
        found: dict[str, Any] = {"share": absent.share, "shares": ()}
        if "for" not in table or "share" in table:
            found["share"] = self.number(table, "sampling", "share", Decimal(1), example="0.85")
        if "for" in table:
            rows = [self._share_for(*one) for one in self.tables(table["for"], "sampling.for", MOST_ROWS)]
            found["shares"] = tuple(row for row in rows if row)
        return found

    def _share_for(self, table: Table, path: str) -> ShareFor | None:
        self.known(table, f"{path}.", {*SHARE_KEYS, "share"})
        names = {key: self.name(table, path, key) for key in SHARE_KEYS}
        share = self.number(table, path, "share", Decimal(1), example="0.85")
        if set(names.values()) == {""}:
            keys = ", ".join(SHARE_KEYS)
            self.wrong(path, table, f"至少写一个：{keys}", f"name at least one of {keys}")
            return None
        if share is None or None in names.values():
            return None
        return ShareFor(share=share, **{key: name for key, name in names.items() if name})

    def all_caps(self, raw: Table, absent: Policy) -> dict[str, Any]:
        """``[caps]`` and its ``[[caps.channel]]``."""
        table = self.table(raw, "caps", {"per_number_per_day", "channel"})
        found: dict[str, Any] = {"per_number_per_day": absent.per_number_per_day, "caps": ()}
        if "channel" not in table or "per_number_per_day" in table:
            found["per_number_per_day"] = self.whole(table, "caps", "per_number_per_day", 100)
        if "channel" in table:
            rows = [self._cap(*one) for one in self.tables(table["channel"], "caps.channel", MOST_ROWS)]
            found["caps"] = tuple(row for row in rows if row)
            self._once([row.channel for row in found["caps"]], "caps.channel")
        return found

    def _cap(self, table: Table, path: str) -> ChannelCap | None:
        before = len(self.problems)
        spends = ("spend_per_day", "spend_per_month")
        self.known(table, f"{path}.", {"channel", "per_day", "price", *spends})
        if "channel" not in table:
            self.wrong(f"{path}.channel", None, "应为带引号的名称", "it must be a name in quotes", missing=True)
        name = self.name(table, path, "channel")
        per_day = self.whole(table, path, "per_day", 100_000_000) if "per_day" in table else None
        money = {
            key: self.number(table, path, key, MOST_YUAN, example="0.045" if key == "price" else "500")
            for key in ("price", *spends)
            if key in table
        }
        given = [key for key in spends if key in table]
        if given and "price" not in table:
            zh, en = "有花费上限就要写每段的单价", "a cap on spending needs the price of one segment"
            self.wrong(f"{path}.price", None, zh, en, missing=True)
        if not given and "per_day" not in table:
            zh, en = "至少写一个上限：per_day、spend_per_day、spend_per_month", f"give per_day, {' or '.join(spends)}"
            self.wrong(path, table, zh, en)
        price = money.get("price")
        for key in given:
            most = money[key]
            if price and most and most < price:
                zh, en = (
                    "比一段的单价还低，就什么都发不出去",
                    "less than the price of one segment would let nothing out",
                )
                self.wrong(f"{path}.{key}", most, zh, en)
        if name is None or len(self.problems) > before:
            return None
        return ChannelCap(channel=name, per_day=per_day, **money)

    def targets(self, raw: object) -> tuple[Target, ...]:
        """``[[target]]``."""
        rows = [self._target(*one) for one in self.tables(raw, "target", MOST_ROWS)]
        return tuple(row for row in rows if row)

    def _target(self, table: Table, path: str) -> Target | None:
        before = len(self.problems)
        self.known(table, f"{path}.", {"per", "measure", "half_width", "max_answers", "days"})
        per = self.choice(table, path, "per", tuple(CellOf))
        measure = self.choice(table, path, "measure", tuple(TARGET_MEASURES))
        widest = TARGET_MEASURES.get(measure or "top_box", Decimal(1))
        width = self.number(table, path, "half_width", widest, example="0.03")
        most = self.whole(table, path, "max_answers", 100_000_000) if "max_answers" in table else None
        days = self.whole(table, path, "days", 1096)
        if len(self.problems) > before or per is None or measure is None or width is None or days is None:
            return None
        return Target(per=CellOf(per), measure=measure, half_width=width, max_answers=most, days=days)

    def eligible(self, raw: Table) -> Groups:
        """``[eligible]``."""
        return self._groups(self.table(raw, "eligible", set(GROUP_LISTS)), "eligible")

    def exclude(self, raw: Table) -> Exclusions:
        """``[exclude]``: the same lists, and the flags that hold unless they are switched off."""
        table = self.table(raw, "exclude", {*GROUP_LISTS, *FLAGS})
        flags = {flag: table[flag] for flag in FLAGS if flag in table}
        for flag, value in flags.items():
            if not isinstance(value, bool):
                self.wrong(f"exclude.{flag}", value, "应为 true 或 false", "it must be true or false")
        return Exclusions(groups=self._groups(table, "exclude"), **flags)

    def _groups(self, table: Table, path: str) -> Groups:
        lists: dict[str, tuple[str, ...]] = {}
        for key in GROUP_LISTS:
            value = table.get(key, [])
            if isinstance(value, list) and len(value) <= MOST_NAMES and all(is_name(one) for one in value):
                lists[key] = tuple(dict.fromkeys(value))
            else:
                zh, en = f"应为名称的列表，最多 {MOST_NAMES} 个", f"it must be a list of at most {MOST_NAMES} names"
                self.wrong(f"{path}.{key}", value, zh, en)
        return Groups(**lists)

    def reminder(self, raw: Table) -> Reminder | None:
        """``[reminder]``."""
        table = self.table(raw, "reminder", {"after_hours", "most"})
        after = self.hours(table, "reminder", "after_hours", 720)
        most = self.whole(table, "reminder", "most", 5)
        return None if after is None or most is None else Reminder(after=after, most=most)

    def _once(self, keys: list[Any], path: str) -> None:
        for place, key in enumerate(keys):
            if key in keys[:place]:
                spelt = " ".join(filter(None, key)) if isinstance(key, tuple) else key
                self.wrong(f"{path}[{place + 1}]", spelt, "前面已有同样的一节", "an earlier table is for the same")
