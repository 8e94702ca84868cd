"""Tests and their multiplicity, by the standard library."""

import math
import operator
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


def two_sided_p(z: float) -> float:
    """The probability of a standard normal variable at least as far from 0 (a chi-square of one degree, at z²)."""
    return math.erfc(abs(z) / math.sqrt(2))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjustment: rejecting those below a level bounds the share of false ones by it.

    See https://doi.org/10.1111/j.2517-6161.1995.tb02031.x.
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda i: p_values[i], reverse=True)
    result = [1.0] * count
    least = 1.0
    for place, i in enumerate(order):
        least = min(least, p_values[i] * count / (count - place))
        result[i] = least
    return result


class Comparison(NamedTuple):
    """A Mantel–Haenszel comparison of two groups: `odds_ratio` above 1 where it happened more often in the now group.

    `expected` is how often it would have happened in that group, were both alike.
    """

    z: float
    odds_ratio: float
    expected: float


class Cases:
    """Cases that are compared in two groups, again and again at several change points, like with like by strata.

    Args:
        strata: of each case, which it is in.
        happened: of each, whether it happened.
        records: of each, the record it is of.
    """

    def __init__(self, strata: Iterable[object], happened: Iterable[bool], records: Iterable[str]) -> None:
        numbers: dict[object, int] = {}
        self._records = list(records)
        self._are_distinct = len(set(self._records)) == len(self._records)
        # A number for the cell of each case if it is not in the now group; one above, if it is.
        cells = zip(strata, happened, strict=True)
        self._cells = [4 * numbers.setdefault(stratum, len(numbers)) + 2 * was for stratum, was in cells]
        self._strata = range(len(numbers))

    def compare(self, are_now: Iterable[bool]) -> Comparison | None:
        """Compares how often it happened to those of whom this is true and to the others; None without anything to compare.

        Of the variance as for independent cases and the one that lets cases of one record depend on each other, the
        larger is taken.
        """
        cells = list(map(operator.add, self._cells, are_now))
        counts = Counter(cells)
        expected = score = variance = up = down = 0.0
        parts: dict[int, float] = dict.fromkeys(counts, 0.0)
        for stratum in self._strata:
            four = range(4 * stratum, 4 * stratum + 4)
            neither, only_now, only_happened, both = (counts[cell] for cell in four)
            count, now, happened = neither + only_now + only_happened + both, only_now + both, only_happened + both
            if count < 2 or not 0 < now < count:  # noqa: PLR2004 (a variance takes two)
                continue
            variance += now * (count - now) * happened * (count - happened) / (count * count * (count - 1))
            expected += now * happened / count
            score += both - now * happened / count
            up += both * neither / count
            down += only_now * only_happened / count
            for place, cell in enumerate(four):
                parts[cell] = (place % 2 - now / count) * (place // 2 - happened / count)
        variance = max(variance, self._variance_of_records(cells, counts, parts))
        if variance <= 0:
            return None
        return Comparison(score / math.sqrt(variance), up / down if down else math.inf, expected)

    def _variance_of_records(self, cells: Sequence[int], counts: Counter[int], parts: Mapping[int, float]) -> float:
        if self._are_distinct:
            return sum(count * parts[cell] ** 2 for cell, count in counts.items())
        sums: defaultdict[str, float] = defaultdict(float)
        for record, cell in zip(self._records, cells, strict=True):
            sums[record] += parts[cell]
        return sum(part * part for part in sums.values())
