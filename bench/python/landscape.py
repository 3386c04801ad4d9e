"""The wells and the starts, drawn with NumPy."""

import numpy as np

LR = 0.1
MOMENTUM = 0.9
# Steps that every peer makes, also those that are timed for a few only.
EARLY = 10
# Steps of a whole run; shorter ones are for timing only.
ALL = 1000


def wells():
    """Depths (8), centres (8, 2) and widths (8) of seed 0."""
    random = np.random.RandomState(0)
    depths = random.random_sample(8)
    depths /= np.sum(depths)
    return depths, random.randn(8, 2), random.rand(8)


def starts(n):
    """`n` points (n, 2) in the square ±3."""
    return 6 * np.random.RandomState(0).random_sample((n, 2)) - 3
