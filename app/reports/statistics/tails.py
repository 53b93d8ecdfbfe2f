"""The tails of a few distributions in closed form, for web processes, which load no statistics library."""

from __future__ import annotations

from math import atan, comb, cos, erfc, exp, fsum, gamma, lgamma, log, log1p, pi, sin, sqrt


def chi_square_above(x: float, degrees: int) -> float:
    """The chance that a chi-square of `degrees` (1, 2, ...) is above `x` >= 0; a finite series (Abramowitz & Stegun 26.4)."""
    if degrees < 1 or x < 0:
        raise ValueError(f"chi-square of {degrees} degrees at {x}")
    half = x / 2
    if degrees % 2 == 0:
        terms, term = [exp(-half)], exp(-half)
        for step in range(1, degrees // 2):
            term *= half / step
            terms.append(term)
        return fsum(terms)
    terms = [erfc(sqrt(half))]
    if degrees > 1:
        term = exp(-half) * sqrt(half) / gamma(1.5)
        for step in range((degrees - 1) // 2):
            terms.append(term)
            term *= half / (step + 1.5)
    return fsum(terms)


def student_two_sided(t: float, degrees: int) -> float:
    """The chance that Student's t of `degrees` (1, 2, ...) lies further from 0 than `t`; Abramowitz & Stegun 26.7.3-4."""
    if degrees < 1:
        raise ValueError(f"Student's t of {degrees} degrees")
    angle = atan(abs(t) / sqrt(degrees))
    odd = degrees % 2
    term = cos(angle) if odd else 1.0
    terms = [term] if degrees > 1 else []
    for step in range(3 if odd else 2, degrees - 1, 2):
        term *= cos(angle) ** 2 * (step - 1) / step
        terms.append(term)
    inside = 2 / pi * (angle + sin(angle) * fsum(terms)) if odd else sin(angle) * fsum(terms)
    return max(0.0, 1 - inside)


def binomial_at_most(k: int, n: int, p: float) -> float:
    """The chance of at most `k` of `n` when each comes with chance `p`; 0 for k < 0."""
    return min(1.0, fsum(binomial(n, p)[: max(0, k + 1)]))


def binomial(n: int, p: float) -> list[float]:
    """The chances of 0, 1, ... `n` of `n` when each comes with chance `p`, in [0, 1]."""
    if p in (0, 1):
        return [float(hits == n * p) for hits in range(n + 1)]
    whole, yes, no = lgamma(n + 1), log(p), log1p(-p)
    return [
        exp(whole - lgamma(hits + 1) - lgamma(n - hits + 1) + hits * yes + (n - hits) * no)
        for hits in range(n + 1)
    ]


def fisher_two_sided(table: tuple[tuple[int, int], tuple[int, int]]) -> float:
    """Fisher's exact p of a table of two by two counts: all tables of the same margins that are no likelier."""
    (a, b), (c, d) = table
    if min(a, b, c, d) < 0:
        raise ValueError(f"counts cannot be negative: {table}")
    first, hits, everything = a + b, a + c, a + b + c + d
    ways = {
        own: comb(hits, own) * comb(everything - hits, first - own)
        for own in _possible(first, hits, everything)
    }
    return sum(way for way in ways.values() if way <= ways[a]) / comb(everything, first)


def _possible(first: int, hits: int, everything: int) -> range:
    return range(max(0, first + hits - everything), min(first, hits) + 1)
