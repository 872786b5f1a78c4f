"""THE rule of who has been asked too often: one function, online, in batches and in a rehearsal of ten million events.

Plain integers (microseconds since 1970, small codes) and indexable columns only, in the part of Python that numba
compiles: the console runs these very function objects as Python over lists, ``simulate`` has them compiled over
arrays. Everything that numba compiles together stays in this file, so that its cache notices every edit.

A gap is a limit of one message: "more than 24 h since the last" is "at most one within 24 h and a microsecond".
"""

from typing import Any, NamedTuple, TypeAlias

INVITE = -1  # what `judge` returns when nothing blocks; otherwise the place of the first rule that does
PERSONAL = 3  # scopes below this count what one person was sent, the others what a whole group was
COMPLETION = 8  # the kind of an entry that is an answer and asks for nothing

Column: TypeAlias = Any  # a list, a tuple or a numpy array of integers: Python and numba index all three alike


class Rules(NamedTuple):
    """The counted rules of a policy, one entry of each column for each rule."""

    scope: Column  # which row of keys must be equal for a message to count; row 0 is equal for all messages
    most: Column  # so many messages may be in the window
    period: Column  # microseconds; a message exactly this old no longer counts
    counted: Column  # kinds of entry that count, as bits
    held: Column  # kinds of message that are held back, as bits


class Log(NamedTuple):
    """What people were sent, each person's rows together and oldest first. Room may be longer than what is in it."""

    sent: Column  # microseconds
    kinds: Column  # one bit each
    keys: Column  # one row for each personal scope: 0 for everybody, then the scenario, then the touchpoint


class Books(NamedTuple):
    """What groups were sent: a book for each pair of scope and kinds that rules count. For a replay in time."""

    of_rule: Column  # the book that a rule counts in; -1 where it counts by person
    counted: Column  # kinds of entry that the book takes, as bits
    keys: Column  # [book, row]: the group of an event; -1 where it has none
    starts: Column  # [book, group]: where the group's entries begin
    ends: Column  # [book, group]: and end
    sent: Column  # [book, place]: microseconds, each group's oldest first


def judge(
    now: int, kind: int, ask: Column, log: Log, first: int, last: int, rules: Rules, counts: Column
) -> int:  # fmt: skip
    """The place of the first rule that blocks, INVITE if none does.

    ``ask`` holds the key of the message in question for each personal scope; the rows ``first`` to ``last`` of the log
    are those of the person. Writes into ``counts`` how many entries each rule finds in its window; of a rule that
    counts over a group the count stands there already.
    """
    verdict = INVITE
    sent = log.sent
    kinds = log.kinds
    for place in range(len(rules.most)):
        scope = rules.scope[place]
        if scope < PERSONAL:
            column = log.keys[scope]
            key = ask[scope]
            counted = rules.counted[place]
            since = now - rules.period[place]
            count = 0
            row = last - 1
            while row >= first and sent[row] > since:
                if counted & kinds[row] and column[row] == key:
                    count += 1
                row -= 1
            counts[place] = count
        if verdict == INVITE and counts[place] >= rules.most[place] and rules.held[place] & kind:
            verdict = place
    return verdict


def allowed_again(now: int, kind: int, ask: Column, log: Log, first: int, last: int, rules: Rules) -> int:
    """The earliest instant from ``now`` on at which no personal rule blocks, if nothing more is sent until then.

    Windows only empty as time goes, so it is the latest of what each rule asks for by itself.
    """
    again = now
    sent = log.sent
    kinds = log.kinds
    for place in range(len(rules.most)):
        scope = rules.scope[place]
        if scope >= PERSONAL or not rules.held[place] & kind:
            continue
        column = log.keys[scope]
        key = ask[scope]
        counted = rules.counted[place]
        missing = rules.most[place]  # there is room again when the `most`-th newest message leaves the window
        row = last - 1
        while row >= first and missing > 0:
            if counted & kinds[row] and column[row] == key:
                missing -= 1
            row -= 1
        leaves = sent[row + 1] + rules.period[place] if missing == 0 else now
        if leaves > again:
            again = leaves
    return again


def first_after(sent: Column, first: int, last: int, since: int) -> int:
    """The first of the places ``first`` to ``last`` whose time is later than ``since``; ``last`` if none is."""
    low = first
    high = last
    while low < high:
        middle = (low + high) // 2
        if sent[middle] > since:
            high = middle
        else:
            low = middle + 1
    return low


def remember(at: int, kind: int, ask: Column, log: Log, first: int, last: int) -> int:
    """Write one entry into a person's log, in its place by time; returns the new end."""
    row = last
    while row > first and log.sent[row - 1] > at:  # only where one waits for the morning and another does not
        log.sent[row] = log.sent[row - 1]
        log.kinds[row] = log.kinds[row - 1]
        for scope in range(len(ask)):
            log.keys[scope][row] = log.keys[scope][row - 1]
        row -= 1
    log.sent[row] = at
    log.kinds[row] = kind
    for scope in range(len(ask)):
        log.keys[scope][row] = ask[scope]
    return last + 1


def replay(
    people: Column, order: Column, at: Column, goes: Column, kinds: Column, labels: Column, drawn: Column,
    barred: Column, rules: Rules, log: Log, ask: Column, near: Column, counts: Column, verdicts: Column,
) -> None:  # fmt: skip
    """Judge events person by person, each invitation counting for what comes after it.

    Places ``people[p]`` to ``people[p + 1]`` are those of person ``p`` in the order of time. An event is judged ``at``
    its place's time and counts from when it ``goes``; ``order`` tells its row in the other columns: ``labels`` has one
    of keys for each personal scope after the first, ``kinds`` (empty: all surveys), ``drawn`` whom the sample holds
    (empty: everybody), ``barred`` a verdict that was settled before (empty, or -1: none; that of
    an answer: it only counts). ``log``, ``ask``, ``near``
    and ``counts`` are room to work in.
    Writes what ``judge`` returns into ``verdicts``, or a number behind the last rule: not in the sample, or an answer
    or a message that is only noted.
    """
    outside = len(rules.most)
    noted = outside + 1
    for person in range(len(people) - 1):
        end = 0
        begin = people[person]
        for scope in range(len(labels)):  # fetched together: the waits for memory overlap
            for place in range(begin, people[person + 1]):
                near[scope, place - begin] = labels[scope][order[place]]
        for place in range(begin, people[person + 1]):
            row = order[place]
            kind = kinds[row] if len(kinds) > 0 else 1
            for scope in range(len(labels)):
                ask[scope + 1] = near[scope, place - begin]
            verdict = barred[row] if len(barred) > 0 else INVITE
            if kind == COMPLETION or verdict == noted:
                end = remember(at[place], kind, ask, log, 0, end)
                verdicts[row] = noted
                continue
            if verdict == INVITE:
                verdict = judge(at[place], kind, ask, log, 0, end, rules, counts)
            if verdict == INVITE and len(drawn) > 0 and not drawn[row]:
                verdict = outside
            if verdict == INVITE:
                end = remember(goes[place], kind, ask, log, 0, end)
            verdicts[row] = verdict


def replay_in_time(
    order: Column, at: Column, goes: Column, customers: Column, starts: Column, ends: Column, kinds: Column,
    labels: Column, drawn: Column, barred: Column, rules: Rules, log: Log, books: Books, ask: Column, counts: Column,
    verdicts: Column,
) -> None:  # fmt: skip
    """Judge events in the order of time, as groups need it: what everybody was sent counts for all.

    ``order`` lists rows, the earliest first. Person ``p`` has the log's rows from ``starts[p]`` on, ``ends[p]`` being
    where they end by now. The rest is as in ``replay``, except that ``at`` and ``goes`` are by row.
    """
    outside = len(rules.most)
    noted = outside + 1
    for row in order:
        kind = kinds[row] if len(kinds) > 0 else 1
        for scope in range(len(labels)):
            ask[scope + 1] = labels[scope][row]
        person = customers[row]
        verdict = INVITE
        if kind == COMPLETION:
            verdict = noted
        elif len(barred) > 0:
            verdict = barred[row]
        if verdict == INVITE:
            count_groups(at[row], row, rules, books, counts)
            verdict = judge(at[row], kind, ask, log, starts[person], ends[person], rules, counts)
        if verdict == INVITE and len(drawn) > 0 and not drawn[row]:
            verdict = outside
        verdicts[row] = verdict
        if verdict in (INVITE, noted):
            sent = at[row] if verdict == noted else goes[row]
            ends[person] = remember(sent, kind, ask, log, starts[person], ends[person])
            enter(sent, kind, row, books)


def count_groups(now: int, row: int, rules: Rules, books: Books, counts: Column) -> None:
    """Write into ``counts`` what each rule over a group finds in its window; nothing where there is no group."""
    for place in range(len(rules.most)):
        book = books.of_rule[place]
        if book >= 0:
            group = books.keys[book, row]
            counts[place] = 0
            if group >= 0:
                last = books.ends[book, group]
                since = now - rules.period[place]
                counts[place] = last - first_after(books.sent[book], books.starts[book, group], last, since)


def enter(at: int, kind: int, row: int, books: Books) -> None:
    """Write one entry into every book that takes it, in its place by time."""
    for book in range(len(books.counted)):
        group = books.keys[book, row]
        if group >= 0 and books.counted[book] & kind:
            place = books.ends[book, group]
            first = books.starts[book, group]
            while place > first and books.sent[book, place - 1] > at:
                books.sent[book, place] = books.sent[book, place - 1]
                place -= 1
            books.sent[book, place] = at
            books.ends[book, group] += 1
