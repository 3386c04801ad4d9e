"""NumPy on Gaussian wells: `wells_numpy.py STARTS STEPS`; all starts at once, the gradient by hand, summed with einsum."""

import sys

import numpy as np

from landscape import ALL, EARLY, LR, MOMENTUM, starts, wells
from measure import measure, report

depths, centres, widths = wells()


def wells_of(offsets):
    return -np.exp(-np.sum((offsets / widths) ** 2, axis=1))


def loss(x):
    return np.einsum("...i,i->...", wells_of(x[..., None] - centres.T[None]), depths)


def gradient(x):
    offsets = x[..., None] - centres.T[None]
    slopes = -2 * offsets / widths**2 * wells_of(offsets)[:, None, :]
    return np.einsum("...i,i->...", slopes, depths)


def run(x, steps):
    velocity = np.zeros_like(x)
    for _ in range(steps):
        velocity = MOMENTUM * velocity - LR * gradient(x)
        x = x + velocity
    return x


n, steps = int(sys.argv[1]), int(sys.argv[2])
x = starts(n)
seconds, end = measure(lambda: run(x, steps))
check = [np.mean(loss(run(x, EARLY)))]
if steps == ALL:
    check.append(np.mean(loss(end)))
report("numpy", "wells", n, steps, seconds, check)
