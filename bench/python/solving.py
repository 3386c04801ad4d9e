"""What is solved, the same as `bench/rust/src/bin/solve/problem.rs`: starts, functions with gradients by hand, and numbers to agree on."""

import numpy as np

# Where a run ends: max |gradient|; of the bounded problem, whose least value is not 0, before rounding.
TOLERANCE = 1e-8
TOLERANCE_BOUNDED = 1e-6
# More steps than any peer needs.
STEPS = 10_000
# Rows and columns of the logistic regression, and the weight of its ridge.
ROWS, COLUMNS, RIDGE = 100_000, 100, 1e-4


def customary(n):
    """(-1.2, 1) for every pair."""
    return np.tile([-1.2, 1.0], n // 2)


def varied(n):
    """Every pair elsewhere, within half a unit of (-1.2, 1): multiples of the golden ratio."""
    return customary(n) + (np.arange(n) * 0.618033988749895) % 1.0 - 0.5


def start(case, n):
    if case in ("varied", "bounded"):
        return varied(n)
    return np.zeros(COLUMNS) if case.startswith("logistic") else customary(n)


def upper(n):
    """The upper bounds of the bounded problem; the lower ones are -2."""
    return np.where(np.arange(n) % 4 == 0, 0.8, 2.0)


def data():
    """Numbers (100 000, 100) and classes, 0 or 1."""
    random = np.random.RandomState(0)
    rows = random.randn(ROWS, COLUMNS)
    model = random.randn(COLUMNS)
    rows *= np.exp(-np.arange(COLUMNS) / 25)
    uniform = random.random_sample(ROWS)
    return rows, (uniform < 1 / (1 + np.exp(-(rows @ model)))).astype(float)


def value(case, x, rows, classes):
    if case.startswith("logistic"):
        z = rows @ x
        return np.mean(np.logaddexp(0, z) - classes * z) + RIDGE / 2 * x @ x
    a, b = x[0::2], x[1::2]
    return np.sum((1 - a) ** 2 + 100 * (b - a * a) ** 2)


def check(value, x):
    """Numbers that all who have found the minimum agree on."""
    weights = 1 + np.arange(x.size) % 7
    return [1 + value, np.sqrt(np.mean(x * x)), np.sum(weights * x) / x.size]
