"""How strongly two figures go together, from what SQL can add up.

Sources: Pearson's r with Fisher's interval (1921); Spearman's rho with the interval of Bonett and Wright 2000
(Psychometrika 65: 23), which is wider as ranks deserve; the tests by Student's t, as scipy has them. A relation is not
a cause: screens say "goes together with".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import atanh, sqrt, tanh

from zhiyin.lib.distributions import z_quantile
from zhiyin.lib.intervals import LEVEL
from zhiyin.lib.student_t import t_tail

FEWEST = 4  # pairs, from which Fisher's interval exists


@dataclass(frozen=True, slots=True)
class Relation:
    """-1 to 1 with its interval; ``chance`` is the p-value that there is none."""

    value: float
    low: float
    high: float
    n: int
    chance: float


@dataclass(frozen=True, slots=True)
class Products:
    """The sums over ``n`` pairs of answers that a correlation rests on."""

    n: int
    first: float
    second: float
    first_squares: float
    second_squares: float
    products: float

    @staticmethod
    def of(counts: Mapping[tuple[float, float], int]) -> "Products":
        """From a table of how often each pair of answers was given."""
        return Products(
            n=sum(counts.values()),
            first=sum(x * count for (x, _), count in counts.items()),
            second=sum(y * count for (_, y), count in counts.items()),
            first_squares=sum(x * x * count for (x, _), count in counts.items()),
            second_squares=sum(y * y * count for (_, y), count in counts.items()),
            products=sum(x * y * count for (x, y), count in counts.items()),
        )


def pearson(sums: Products, *, level: float = LEVEL) -> Relation | None:
    """The correlation of scores; None for fewer than four pairs or where one of the two never varies."""
    value = _correlation(sums)
    return None if value is None else _relation(value, sums.n, 1.0, level)


def spearman(counts: Mapping[tuple[float, float], int], *, level: float = LEVEL) -> Relation | None:
    """The correlation of ranks, which asks only for order; ties share their middle rank. None as for ``pearson``."""
    first, second = _middle_ranks(counts, 0), _middle_ranks(counts, 1)
    ranked = {(first[x], second[y]): count for (x, y), count in counts.items()}
    sums = Products.of(ranked)
    value = _correlation(sums)
    return None if value is None else _relation(value, sums.n, 1 + value**2 / 2, level)


def _correlation(sums: Products) -> float | None:
    n = sums.n
    if n < FEWEST:
        return None
    across = sums.first_squares - sums.first**2 / n
    along = sums.second_squares - sums.second**2 / n
    # What rounding leaves of no variation at all.
    if across <= 1e-12 * sums.first_squares or along <= 1e-12 * sums.second_squares:
        return None
    return max(-1.0, min(1.0, (sums.products - sums.first * sums.second / n) / sqrt(across * along)))


def _relation(value: float, n: int, wider: float, level: float) -> Relation:
    if abs(value) == 1.0:
        return Relation(value, value, value, n, 0.0)
    half = z_quantile(level) * sqrt(wider / (n - 3))
    chance = 2 * t_tail(abs(value) * sqrt((n - 2) / (1 - value**2)), n - 2)
    return Relation(value, tanh(atanh(value) - half), tanh(atanh(value) + half), n, chance)


def _middle_ranks(counts: Mapping[tuple[float, float], int], place: int) -> dict[float, float]:
    totals: dict[float, int] = {}
    for pair, count in counts.items():
        totals[pair[place]] = totals.get(pair[place], 0) + count
    ranks, below = {}, 0
    for value in sorted(totals):
        ranks[value] = below + (totals[value] + 1) / 2
        below += totals[value]
    return ranks
