"""The parts of a screen as template tags: each takes one of the ``cards`` or plain words and returns what its template
in ``templates/ui/parts`` needs. ``templatetags.zhiyin`` gives them their names."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from zhiyin.ui import cards, deadlines, figures, numerals, times
from zhiyin.ui.filters import language

Parts = dict[str, object]

_VERDICTS: Mapping[cards.Word, tuple[object, str]] = {
    cards.Word.UP: (_("significantly up"), "arrow-up"),
    cards.Word.DOWN: (_("significantly down"), "arrow-down"),
    cards.Word.NO_DIFFERENCE: (_("no significant difference"), "equal"),
    cards.Word.INCONCLUSIVE: (_("inconclusive"), "equal"),
    cards.Word.TOO_FEW: (_("too few responses"), ""),
    cards.Word.OUT_OF_CONTROL: (_("out of control"), "alert-triangle"),
}

# For the help page: each word with what it claims.
VERDICTS_EXPLAINED = (
    (cards.Verdict(cards.Word.UP), _("The test finds a rise that chance hardly explains.")),
    (cards.Verdict(cards.Word.DOWN), _("The test finds a fall that chance hardly explains.")),
    (cards.Verdict(cards.Word.NO_DIFFERENCE), _("Whatever the difference is, it is too small to matter.")),
    (cards.Verdict(cards.Word.INCONCLUSIVE), _("There may be a difference that matters; the data cannot tell yet.")),
    (cards.Verdict(cards.Word.TOO_FEW), _("Fewer than 30 responses: no rate, no rank.")),
    (cards.Verdict(cards.Word.OUT_OF_CONTROL), _("Outside the band of normal variation: look for a cause.")),
)


def icon(name: str, label: str = "") -> SafeString:
    """An outline icon out of the sprite; with ``label`` it speaks, without it only decorates."""
    source = f"{static('ui/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, source)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', source)


def verdict_tone(verdict: cards.Verdict) -> cards.Tone:
    """Good or bad follows from the direction and from which direction is better; the rest stays neutral."""
    if verdict.word in (cards.Word.UP, cards.Word.DOWN):
        return "good" if verdict.word.value == verdict.better else "bad"
    return {cards.Word.TOO_FEW: "warn", cards.Word.OUT_OF_CONTROL: "bad"}.get(verdict.word, "")  # type: ignore[return-value]


def verdict(given: cards.Verdict) -> Parts:
    """The fixed word of a test, with its arrow and colour."""
    label, name = _VERDICTS[given.word]
    return {"label": label, "icon": name, "tone": verdict_tone(given)}


def tag(label: object, tone: cards.Tone = "", icon: str = "") -> Parts:
    """A short word in a coloured box, such as a status."""
    return {"label": label, "tone": tone, "icon": icon}


def kpi(card: cards.Kpi) -> Parts:
    """A headline measure: value, interval, bar, verdict, change with its own interval, and n."""
    drawn = None
    is_known = card.value is not None and not card.is_withheld
    if is_known and card.value is not None and card.low is not None and card.high is not None:
        tone = verdict_tone(card.verdict) if card.verdict else ""
        drawn = figures.draw_interval(
            cards.Interval(
                low=card.low,
                value=card.value,
                high=card.high,
                previous=card.previous,
                target=card.target,
                unit=card.unit,
                tone=tone or "primary",
            ),
            language=language(),
        )
    return {
        "card": card,
        "is_known": is_known,
        "sign": numerals.scale_of(card.unit).level,
        "value": numerals.level(card.value, unit=card.unit),
        "interval": numerals.interval(card.low, card.high, unit=card.unit, language=language()),
        "change": card.change is not None
        and numerals.change_with_interval(
            card.change, card.change_low, card.change_high, unit=card.unit, language=language()
        ),
        "bar": drawn,
    }


def interval_bar(
    low: float,
    value: float,
    high: float,
    previous: float | None = None,
    target: float | None = None,
    unit: str = "share",
    tone: cards.Tone = "primary",
) -> Parts:
    """Value ●, last period ◇ and target ┆ on one track with the 95% interval as a thick line."""
    interval = cards.Interval(low=low, value=value, high=high, previous=previous, target=target, unit=unit, tone=tone)
    return {"bar": figures.draw_interval(interval, language=language())}


def bar(value: float, whole: float = 1, tone: cards.Tone = "") -> Parts:
    """A small bar; what it says must stand beside it in words, so it is hidden from screen readers."""
    return {"width": figures.per_cent(value / whole if whole else 0.0), "tone": tone}


def bars(rows: Sequence[cards.BarRow], whole: float | None = None, unit: str = "count") -> Parts:
    """Named bars with their numbers; with ``whole`` also the share of it."""
    return {"rows": figures.draw_bars(rows, whole=whole), "unit": unit, "sign": numerals.scale_of(unit).level}


def funnel(stages: Sequence[cards.FunnelStage]) -> Parts:
    """Stages from the first to the last, each with its count, its share of the one before, and what was lost."""
    return {"stages": figures.draw_funnel(stages)}


def heat_cell(cell: cards.HeatCell, scale: cards.HeatScale) -> Parts:
    """A cell of a matrix; below the floor hatched, with its n in place of a value."""
    is_withheld = cell.n < scale.floor or cell.value is None
    spoken = {"up": _("significant rise"), "down": _("significant fall")}
    return {
        "cell": cell,
        "is_withheld": is_withheld,
        "css": "z-hatch" if is_withheld else scale.css(cell.value),
        "value": numerals.level(cell.value, unit=cell.unit),
        "interval": numerals.interval(cell.low, cell.high, unit=cell.unit, language=language()),
        "arrow": {"up": "▲", "down": "▼"}.get(cell.change, ""),
        "spoken": spoken.get(cell.change, ""),
    }


def heat_table(rows: Sequence[cards.HeatRow], columns: Sequence[str], scale: cards.HeatScale, caption: str) -> Parts:
    """A matrix as a real table. ``caption`` is read out and names what the cells measure."""
    return {"rows": rows, "columns": columns, "scale": scale, "caption": caption}


def steps(given: Sequence[cards.Step], label: str = "") -> Parts:
    """A procedure's steps in a row, such as the five C."""
    return {"steps": given, "label": label}


def timeline(context: Context, happenings: Sequence[cards.Happening]) -> Parts:
    """What happened, newest first as given."""
    return {"happenings": happenings, "now": context.get("now")}


def _clock(now: object) -> times.Clock:
    return times.Clock(
        zone=timezone.get_current_timezone(), language=language(), now=now if isinstance(now, datetime) else None
    )


def when(context: Context, moment: datetime | None, style: str = "short", now: datetime | None = None) -> SafeString:
    """A moment in local time; the year is left out in the reader's own year when the page knows ``now``.

    Styles: ``short`` 11-20 14:31, ``day`` 11-20, ``time`` 14:31, ``near`` today 14:31, ``recent`` 14:31 or
    with the date.
    """
    text = times.written(moment or None, style=style, clock=_clock(now or context.get("now")))
    if not moment:
        return format_html("<span>{}</span>", text)
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), text)


def sla_chip(
    due: datetime | None,
    now: datetime,
    paused: str = "",
    left: timedelta | None = None,
    done_at: datetime | None = None,
) -> Parts:
    """A deadline's chip: overdue, near, soon, later, paused, met or met late. Not a live region (DESIGN section 6)."""
    # A template passes an empty string for what its context does not have.
    chip = deadlines.chip(
        due or None,
        clock=_clock(now),
        now=now,
        left=left if isinstance(left, timedelta) else None,
        paused=paused,
        done_at=done_at or None,
    )
    return {"chip": chip, "due": due}


def stale(as_of: datetime | None, now: datetime, after_minutes: int = 15) -> Parts:
    """A chip that says how old the data are, only when they are older than ``after_minutes``."""
    is_old = as_of and now - as_of > timedelta(minutes=after_minutes)
    return {"as_of": as_of if is_old else None, "now": now}
