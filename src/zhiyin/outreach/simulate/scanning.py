"""Reads CSV bytes into columns of integers, strictly, in one pass: the part of Python that numba compiles.

A line is a record: no line breaks inside quotes, no control characters, no stray quotes, no spaces around a value.
Everything that numba compiles together stays in this file, so that its cache notices every edit.
"""

from typing import Any, NamedTuple, TypeAlias

Column: TypeAlias = Any  # bytes, a bytearray, a list or a numpy array: Python and numba index them all alike

# What can be wrong with a line, and with a time.
FEW, MANY, EMPTY, QUOTE, CONTROL, SPACE, TIME, OFFSET, YEAR = range(1, 10)

_QUOTE, _COMMA, _LF, _CR, _SPACE, _DELETE = 34, 44, 10, 13, 32, 127
_DASH, _PLUS, _COLON, _DOT = 45, 43, 58, 46
_UPPER_T, _LOWER_T, _UPPER_Z, _LOWER_Z = 84, 116, 90, 122
SHORTEST = 24  # bytes of the shortest good line: a,b,c,2026-11-22T10:00Z and its end


class Names(NamedTuple):
    """Every different value of one column, numbered in the order in which they came. A hash table with open places.

    A name of up to 12 ASCII bytes is its own key: 8 bytes in the first number of its slot, 4 in the upper half of the
    second. Of any other name the first number is a hash with a bit that no ASCII byte has; its text decides.
    """

    slots: Column  # [slot, 2]; the lower half of the second is the name's number, -1 where free; a power of two
    text: Column  # the bytes of all names, one behind the other
    ends: Column  # where each name ends in the text
    filled: Column  # one entry: how many names there are


def find_values(
    data: Column, start: int, stop: int, blank: Column, when: int, starts: Column, ends: Column, usual: Column,
    fault: Column,
) -> int:  # fmt: skip
    """Find the values of the lines from ``start`` to ``stop``; returns how many lines held an event.

    ``stop`` is behind a line's end or the end of the data. ``starts[place, row]`` and ``ends[place, row]`` say where
    each value stands, with its quotes; ``blank[place]`` whether the column may be empty. ``when`` is the column of
    times: one that is written as nearly all are is read at once, into ``usual`` (-1: it was not). Stops at the first
    fault and writes into ``fault`` what it is, the place of the value among the columns, and where it begins.
    """
    width = len(starts)
    pos = start
    row = 0
    while pos < stop:
        if data[pos] == _LF or (data[pos] == _CR and pos + 1 < stop and data[pos + 1] == _LF):
            pos += 1 if data[pos] == _LF else 2  # an empty line holds no event
            continue
        for place in range(width):
            begin = pos
            wrong = 0
            if place == when:
                pos = _usual_end(data, begin, stop)
                usual[row] = read_moment(data, begin, pos) if pos > begin else -1
                if usual[row] < 0:
                    pos, wrong = _value_end(data, begin, stop)
            else:
                pos, wrong = _value_end(data, begin, stop)
            if wrong == EMPTY and blank[place]:
                wrong = 0
            more = pos < stop and data[pos] == _COMMA
            if wrong == 0 and more and place == width - 1:
                wrong = MANY
            if wrong == 0 and not more and place < width - 1:
                wrong, place, begin = FEW, place + 1, pos
            if wrong != 0:
                fault[0], fault[1], fault[2] = wrong, place, begin
                return row
            starts[place, row] = begin
            ends[place, row] = pos
            pos += 1
        if pos <= stop and data[pos - 1] == _CR:
            pos += 1
        row += 1
    return row


def _usual_end(data: Column, begin: int, stop: int) -> int:
    """Where a time such as 2026-11-22T10:00:00+08:00 or 2026-11-22T10:00:00Z would end; ``begin`` if neither fits."""
    for length in (25, 20):
        end = begin + length
        if end < stop and (data[end] == _LF or data[end] == _COMMA):
            return end
    return begin


def _value_end(data: Column, begin: int, stop: int) -> tuple[int, int]:
    """Where the value ends that begins here, and what is wrong with it (0: nothing)."""
    pos = begin
    quoted = pos < stop and data[pos] == _QUOTE
    if quoted:
        pos += 1
        while pos < stop and (data[pos] != _QUOTE or (pos + 1 < stop and data[pos + 1] == _QUOTE)):
            if data[pos] < _SPACE or data[pos] == _DELETE:
                return pos, QUOTE if data[pos] == _LF or data[pos] == _CR else CONTROL
            pos += 2 if data[pos] == _QUOTE else 1
        if pos >= stop:
            return stop, QUOTE
        pos += 1
        if pos < stop and data[pos] != _COMMA and data[pos] != _LF and data[pos] != _CR:
            return pos, QUOTE
    else:
        while pos < stop:
            byte = data[pos]
            if byte <= _COMMA or byte == _DELETE:  # letters and digits, nearly all there is, need no further look
                if byte in (_COMMA, _LF, _CR):
                    break
                if byte < _SPACE or byte in (_DELETE, _QUOTE):
                    return pos, QUOTE if byte == _QUOTE else CONTROL
            pos += 1
    if pos < stop and data[pos] == _CR and (pos + 1 == stop or data[pos + 1] != _LF):
        return pos, CONTROL
    first = begin + 1 if quoted else begin
    last = pos - 1 if quoted else pos
    if first == last:
        return pos, EMPTY
    if data[first] == _SPACE or data[last - 1] == _SPACE:
        return pos, SPACE
    return pos, 0


def number_names(
    data: Column, starts: Column, ends: Column, rows: int, names: Names, numbers: Column, work: Column
) -> None:  # fmt: skip
    """Give every value of a column the number of its name; a new name gets the next one.

    To look up a name is to wait for memory. In blocks, key by key and then slot by slot, the waits overlap. ``work`` is
    room for three numbers for each row of a block.
    """
    firsts, seconds, guesses = work[0], work[1], work[2]
    slots = names.slots
    block = len(firsts)
    mask = len(slots) - 1
    for start in range(0, rows, block):
        size = min(block, rows - start)
        for place in range(size):
            begin, end = _inside(data, starts[start + place], ends[start + place])
            first, second = _key(data, begin, end)
            firsts[place] = first
            seconds[place] = second
            guesses[place] = _slot(first, second) & mask
        for place in range(size):
            first = firsts[place]
            slot = guesses[place]
            held = slots[slot, 1]
            if slots[slot, 0] == first and held >= 0 and held >> 32 == seconds[place] and not first & _LONG:
                numbers[start + place] = held & _HALF
            else:
                begin, end = _inside(data, starts[start + place], ends[start + place])
                numbers[start + place] = _find_or_add(data, begin, end, first, seconds[place], slot, names)


_LONG = 128  # in the first number of a key: a hash, not the name itself
_HALF = 0xFFFFFFFF
_MIX, _STIR, _TURN = 0x5BD1E995, 0x45D9F3B3, 0x2C1B3C6D  # below 2**31: products of a half stay below 2**63


def _key(data: Column, begin: int, end: int) -> tuple[int, int]:
    first = 0
    second = 0
    if end - begin <= 12:
        high = 0
        for place in range(begin, min(end, begin + 8)):
            byte = data[place] + 0
            high |= byte
            first |= byte << (8 * (place - begin))
        for place in range(begin + 8, end):
            byte = data[place] + 0
            high |= byte
            second |= byte << (8 * (place - begin - 8))
        if high < 128:
            return first, second
    return _hash(data, begin, end) << 16 | ((end - begin) & 255) << 8 | _LONG, 0


def _slot(first: int, second: int) -> int:
    # Every product stays below 2**63, in Python as in machine integers.
    value = (first & _HALF) * _MIX ^ (first >> 32) * _STIR ^ second * _TURN
    value = ((value ^ (value >> 32)) & _HALF) * _MIX
    return value ^ (value >> 29)


def _find_or_add(data: Column, begin: int, end: int, first: int, second: int, slot: int, names: Names) -> int:
    slots = names.slots
    mask = len(slots) - 1
    while slots[slot, 1] >= 0:
        held: int = slots[slot, 1]
        if slots[slot, 0] == first and held >> 32 == second:
            number = held & _HALF
            if not first & _LONG or _is_name(data, begin, end, names, number):
                return number
        slot = (slot + 1) & mask
    newest: int = names.filled[0]
    start = names.ends[newest - 1] if newest > 0 else 0
    for place in range(end - begin):
        names.text[start + place] = data[begin + place]
    names.ends[newest] = start + end - begin
    slots[slot, 0] = first
    slots[slot, 1] = second << 32 | newest
    names.filled[0] = newest + 1
    return newest


def _is_name(data: Column, begin: int, end: int, names: Names, number: int) -> bool:
    start = names.ends[number - 1] if number > 0 else 0
    if names.ends[number] - start != end - begin:
        return False
    place = 0
    while place < end - begin and names.text[start + place] == data[begin + place]:
        place += 1
    return place == end - begin


def _inside(data: Column, begin: int, end: int) -> tuple[int, int]:
    """The value without its quotes. One that holds quotes keeps them doubled: equal values stay equal."""
    if data[begin] == _QUOTE:
        return begin + 1, end - 1
    return begin, end


def spread(slots: Column, larger: Column) -> None:
    """Enter every name into a larger, empty table."""
    mask = len(larger) - 1
    for old in range(len(slots)):
        if slots[old, 1] >= 0:
            slot = _slot(slots[old, 0], slots[old, 1] >> 32) & mask
            while larger[slot, 1] >= 0:
                slot = (slot + 1) & mask
            larger[slot, 0] = slots[old, 0]
            larger[slot, 1] = slots[old, 1]


def _hash(data: Column, begin: int, end: int) -> int:
    # FNV-1a in 32 bits, folded once: every product stays below 2**63, in Python as in machine integers.
    value = 2166136261
    for place in range(begin, end):
        value = ((value ^ data[place]) * 16777619) & _HALF
    return value ^ (value >> 15)


def read_moments(
    data: Column, starts: Column, ends: Column, rows: int, usual: Column, at: Column, fault: Column
) -> int:  # fmt: skip
    """Read a column of times; returns how many were read before the first fault. The rest is as in ``find_values``."""
    for row in range(rows):
        if usual[row] >= 0:
            at[row] = usual[row]
            continue
        begin, end = _inside(data, starts[row], ends[row])
        moment = read_moment(data, begin, end)
        if moment < 0:
            fault[0], fault[2] = -moment, starts[row]
            return row
        at[row] = moment
    return rows


def read_moment(data: Column, begin: int, end: int) -> int:
    """The microseconds since 1970 of an ISO 8601 time with its offset; minus TIME, OFFSET or YEAR if it is none.

    YYYY-MM-DDThh:mm, then :ss and a fraction if wanted, then Z, +hh:mm, +hhmm or +hh. A space may stand for the T.
    Digits behind the sixth of the fraction are left off. The year as written is 2000 to 2100.
    """
    if end - begin < 16:
        return -TIME
    year = _two(data, begin) * 100 + _two(data, begin + 2)
    month = _two(data, begin + 5)
    day = _two(data, begin + 8)
    hour = _two(data, begin + 11)
    minute = _two(data, begin + 14)
    between = data[begin + 10]
    marks = data[begin + 4] == _DASH and data[begin + 7] == _DASH and data[begin + 13] == _COLON
    if not marks or (between != _UPPER_T and between != _LOWER_T and between != _SPACE):
        return -TIME
    if year < 0 or month < 1 or month > 12 or day < 1 or hour < 0 or hour > 23 or minute < 0 or minute > 59:
        return -TIME
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 29 if month == 2 and leap else 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    if day > longest:
        return -TIME
    if year < 2000 or year > 2100:
        return -YEAR
    pos = begin + 16
    second = 0
    if pos < end and data[pos] == _COLON:
        second = _two(data, pos + 1) if pos + 3 <= end else -1
        pos += 3
        if second < 0 or second > 59:
            return -TIME
    micros = 0
    if pos < end and data[pos] == _DOT:
        unit = 100_000
        pos += 1
        first = pos
        while pos < end and 48 <= data[pos] <= 57:
            micros += (data[pos] - 48) * unit
            unit //= 10
            pos += 1
        if pos == first or pos - first > 9:
            return -TIME
    east = _offset(data, pos, end)
    if east == _NO_OFFSET:
        return -OFFSET if pos == end else -TIME
    days = _days(year, month, day)
    return ((days * 24 + hour) * 60 + minute - east) * 60_000_000 + second * 1_000_000 + micros


_NO_OFFSET = 10_000


def _offset(data: Column, pos: int, end: int) -> int:
    """Minutes east of Greenwich."""
    length = end - pos
    if length == 1 and (data[pos] == _UPPER_Z or data[pos] == _LOWER_Z):
        return 0
    if (length != 3 and length != 5 and length != 6) or (data[pos] != _PLUS and data[pos] != _DASH):
        return _NO_OFFSET
    hours = _two(data, pos + 1)
    minutes = _two(data, end - 2) if length > 3 else 0
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59 or (length == 6 and data[pos + 3] != _COLON):
        return _NO_OFFSET
    return hours * 60 + minutes if data[pos] == _PLUS else -(hours * 60 + minutes)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01: the year begins in March here, so that the leap day comes last."""
    years = year - 1 if month <= 2 else year
    months = month + 9 if month <= 2 else month - 3
    return years * 365 + years // 4 - years // 100 + years // 400 + (153 * months + 2) // 5 + day - 719_469


def _two(data: Column, pos: int) -> int:
    """The number of two digits, or far below zero if they are not."""
    tens: int = data[pos] - 48
    ones: int = data[pos + 1] - 48
    if tens < 0 or tens > 9 or ones < 0 or ones > 9:
        return -100_000
    return tens * 10 + ones


def print_rows(
    data: Column, id_from: Column, id_to: Column, verdicts: Column, first: int, last: int, tails: Column,
    tail_ends: Column, out: Column,
) -> int:  # fmt: skip
    """Write the lines of the rows ``first`` to ``last`` into ``out``; returns their length in bytes.

    Behind the id, as it stands in the data, comes the tail of its verdict; the first tail is that of INVITE.
    """
    length = 0
    for row in range(first, last):
        for pos in range(id_from[row], id_to[row]):
            out[length] = data[pos]
            length += 1
        tail = verdicts[row] + 1
        for pos in range(tail_ends[tail - 1] if tail > 0 else 0, tail_ends[tail]):
            out[length] = tails[pos]
            length += 1
    return length
