"""SciPy with gradients by hand: `solve_scipy.py CASE N`. Prints a line of JSON whose steps are the gradients that were taken."""

import sys

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from landscape import starts, wells
from measure import measure, refuse, report
from solving import RIDGE, ROWS, STEPS, TOLERANCE, TOLERANCE_BOUNDED, check, data, start, upper, value

case, n = sys.argv[1], int(sys.argv[2])
tolerance = TOLERANCE_BOUNDED if case == "bounded" else TOLERANCE
rows, classes = data() if case.startswith("logistic") else (None, None)
taken = 0
last = None


def valley_of_two(x):
    global taken
    taken += 1
    a, b = x.tolist()
    u, v = 1 - a, b - a * a
    return u * u + 100 * v * v, np.array([-2 * u - 400 * a * v, 200 * v])


def valley(x):
    global taken
    taken += 1
    a, b = x[0::2], x[1::2]
    u, v = 1 - a, b - a * a
    gradient = np.empty_like(x)
    gradient[0::2] = -2 * u - 400 * a * v
    gradient[1::2] = 200 * v
    return u @ u + 100 * (v @ v), gradient


def logistic(w):
    global taken, last
    taken += 1
    z = rows @ w
    f = np.mean(np.logaddexp(0, z) - classes * z) + RIDGE / 2 * w @ w
    last = rows.T @ (expit(z) - classes) / ROWS + RIDGE * w
    return f, last


def product(w, v):
    global taken
    taken += 1
    p = expit(rows @ w)
    return rows.T @ (p * (1 - p) * (rows @ v)) / ROWS + RIDGE * v


def stop(_):
    if np.max(np.abs(last)) <= TOLERANCE:
        raise StopIteration


def solve():
    global taken
    taken = 0
    x = start(case, n)
    options = dict(maxiter=STEPS)
    limited = dict(options, maxcor=10, gtol=tolerance, ftol=0, maxfun=10 * STEPS)
    if case == "logistic, Newton-CG":
        options.update(xtol=0)
        return minimize(logistic, x, jac=True, hessp=product, method="Newton-CG", callback=stop, options=options)
    function = logistic if case.startswith("logistic") else valley_of_two if n == 2 else valley
    bounds = list(zip(np.full(n, -2.0), upper(n))) if case == "bounded" else None
    return minimize(function, x, jac=True, method="L-BFGS-B", bounds=bounds, options=limited)


def wells_of(x, depths, centres, sharp):
    """Value, gradient and Hessian at a point of the plane."""
    away = x - centres
    depth = depths * np.exp(-np.sum(away**2, axis=1) * sharp)
    weight = 2 * sharp * depth
    gradient = weight @ away
    hessian = np.sum(weight) * np.eye(2) - (away * (2 * sharp * weight)[:, None]).T @ away
    return -np.sum(depth), gradient, hessian


def all_wells():
    depths, centres, widths = wells()
    known = (depths, centres, widths**-2)
    # A start is a hundredth of a second: some of them say enough.
    few = starts(n)[: max(n // 100, 1)]

    def run():
        functions = [lambda x, k=k: wells_of(x, *known)[k] for k in range(3)]
        f, g, h = functions
        return [minimize(f, x, jac=g, hess=h, method="trust-exact", options=dict(gtol=TOLERANCE)).x for x in few]

    seconds, ends = measure(run)
    worst = max(np.max(np.abs(wells_of(x, *known)[1])) for x in ends)
    if worst > TOLERANCE:
        refuse("scipy", case, n, f"ends where max |g| is {worst:.1e}")
    else:
        report("scipy", case, 1, 1, seconds * (n / len(few)), [])


if case == "wells":
    all_wells()
else:
    seconds, end = measure(solve)
    gradient = np.asarray(end.jac)
    if case == "bounded":
        gradient = end.x - np.clip(end.x - gradient, -2.0, upper(n))
    left = np.max(np.abs(gradient))
    if left > tolerance:
        refuse("scipy", case, n, f"ends where max |g| is {left:.1e}")
    else:
        report("scipy", case, 1, taken, seconds, check(value(case, end.x, rows, classes), end.x))
