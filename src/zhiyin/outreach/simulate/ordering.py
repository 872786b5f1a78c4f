"""Puts events into the order in which people lived them: person by person, by time, ties as in the file.

In the part of Python that numba compiles; what it compiles together stays in this file.
"""

from typing import Any, TypeAlias

Column: TypeAlias = Any

SHORT = 12  # entries that are put in order one by one; longer runs are merged


def put_in_order(customers: Column, at: Column, free: Column, order: Column, moments: Column) -> None:
    """Write the rows into ``order`` person by person, each as in the file, and their times into ``moments``.

    ``free`` holds where each person's places begin, and afterwards where they end.
    """
    for row in range(len(customers)):
        person = customers[row]
        place = free[person]
        order[place] = row
        moments[place] = at[row]
        free[person] = place + 1


def sort_people(people: Column, order: Column, moments: Column, spare_order: Column, spare_moments: Column) -> None:
    """Put each person's places into the order of time; equal times stay as they are.

    Person ``p`` has the places ``people[p]`` to ``people[p + 1]``. The spare columns are room for the longest run.
    """
    for person in range(len(people) - 1):
        first = people[person]
        last = people[person + 1]
        is_sorted = True
        for place in range(first + 1, last):
            if moments[place] < moments[place - 1]:
                is_sorted = False
        if is_sorted:
            continue
        for start in range(first, last, SHORT):
            _insert(order, moments, start, min(start + SHORT, last))
        width = SHORT
        while width < last - first:
            for start in range(first, last - width, 2 * width):
                _merge(order, moments, start, start + width, min(start + 2 * width, last), spare_order, spare_moments)
            width *= 2


def _insert(order: Column, moments: Column, first: int, last: int) -> None:
    for place in range(first + 1, last):
        moment = moments[place]
        row = order[place]
        spot = place
        while spot > first and moments[spot - 1] > moment:
            moments[spot] = moments[spot - 1]
            order[spot] = order[spot - 1]
            spot -= 1
        moments[spot] = moment
        order[spot] = row


def _merge(
    order: Column, moments: Column, first: int, middle: int, last: int, spare_order: Column, spare_moments: Column
) -> None:  # fmt: skip
    length = middle - first
    for place in range(length):
        spare_order[place] = order[first + place]
        spare_moments[place] = moments[first + place]
    left = 0
    right = middle
    place = first
    while left < length:
        if right < last and moments[right] < spare_moments[left]:
            order[place] = order[right]
            moments[place] = moments[right]
            right += 1
        else:
            order[place] = spare_order[left]
            moments[place] = spare_moments[left]
            left += 1
        place += 1
