"""Tests and their multiplicity, by the standard library."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
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


class Case(NamedTuple):
    """One of those compared: in which stratum, in which of two groups, whether it happened, and which record it is."""

    stratum: object
    is_now: bool
    happened: bool
    record: str


class Comparison(NamedTuple):
    """A Mantel–Haenszel comparison of two groups: `odds_ratio` above 1 where it happened more often in the now group."""

    z: float
    odds_ratio: float


def mantel_haenszel(cases: Iterable[Case]) -> Comparison | None:
    """Compares how often something happened in two groups, like with like by strata; None where nothing can be compared.

    Of the variance as for independent cases and the one that lets cases of one record depend on each other, the
    larger is taken.
    """
    strata: defaultdict[object, list[Case]] = defaultdict(list)
    for case in cases:
        strata[case.stratum].append(case)
    score = variance = up = down = 0.0
    of_record: defaultdict[str, float] = defaultdict(float)
    for members in strata.values():
        count = len(members)
        now = sum(case.is_now for case in members)
        happened = sum(case.happened for case in members)
        both = sum(case.is_now and case.happened for case in members)
        if count < 2 or not 0 < now < count:  # noqa: PLR2004 (a variance takes two)
            continue
        variance += now * (count - now) * happened * (count - happened) / (count * count * (count - 1))
        score += both - now * happened / count
        up += both * (count - now - happened + both) / count
        down += (now - both) * (happened - both) / count
        share_now, share_happened = now / count, happened / count
        for case in members:
            of_record[case.record] += (case.is_now - share_now) * (case.happened - share_happened)
    variance = max(variance, sum(part * part for part in of_record.values()))
    if variance <= 0:
        return None
    return Comparison(score / math.sqrt(variance), up / down if down else math.inf)
