"""SciPy on published test problems: `problems_scipy.py SERVER SET METHOD…`. Prints a line of JSON for each problem and method."""

import json
import multiprocessing
import sys
import warnings

import numpy as np
from scipy.optimize import Bounds, NonlinearConstraint, least_squares, minimize

from served import MOST, Problem, Spent, names

# Where a descent ends: max |∂f/∂xᵢ|; and, of constrained methods, what SciPy calls their accuracy.
TOLERANCE = 1e-8
# Where a method of least squares ends: what a step changes of the value, how far it goes, the gradient.
LEAST_SQUARES = dict(ftol=1e-15, xtol=1e-12, gtol=1e-13)
# The most time of a run.
SECONDS = 20

# The descents that look at max |∂f/∂xᵢ| by themselves; the others are stopped.
OWN_TOLERANCE = {"BFGS": {}, "CG": {}, "L-BFGS-B": dict(maxcor=10, ftol=0, maxfun=10 * MOST)}
STOPPED = {"Newton-CG": dict(xtol=0), "trust-ncg": dict(gtol=0), "trust-exact": dict(gtol=0)}


def fit(problem, method):
    result = least_squares(
        problem.residuals, problem.start, problem.jacobian, method=method, x_scale="jac", max_nfev=MOST, **LEAST_SQUARES
    )
    return result.x, bool(result.success), result.message


def descend(problem, method):
    stopped = False

    def stop(x):
        nonlocal stopped
        stopped = bool(problem.steepest(x) <= TOLERANCE)
        if stopped:
            raise StopIteration

    options = dict(maxiter=MOST)
    settings = dict(jac=problem.gradient, method=method)
    if method in STOPPED:
        settings["callback"] = stop
        settings["hess" if method == "trust-exact" else "hessp"] = problem.hessian if method == "trust-exact" else problem.product
        options.update(STOPPED[method])
    else:
        options.update(OWN_TOLERANCE[method], gtol=TOLERANCE)
    if np.any(np.isfinite([problem.low, problem.high])):
        settings["bounds"] = Bounds(problem.low, problem.high)
    result = minimize(problem.value, problem.start, options=options, **settings)
    return result.x, bool(result.success) or stopped, result.message


def hold(problem, method):
    """Minimises under the problem's functions and bounds."""
    bounds = Bounds(problem.low, problem.high)
    if not np.any(np.isfinite([problem.low, problem.high])):
        bounds = None
    equal, count = problem.equalities, problem.functions
    settings = dict(jac=problem.gradient, method=method, bounds=bounds)
    if method == "SLSQP":
        kinds = [("eq", slice(0, equal)), ("ineq", slice(equal, count))]
        settings["constraints"] = [
            dict(type=kind, fun=lambda x, rows=rows: problem.constraints(x)[rows], jac=lambda x, rows=rows: problem.slopes(x)[rows])
            for kind, rows in kinds
            if rows.stop > rows.start
        ]
        options = dict(maxiter=MOST, ftol=TOLERANCE)
    else:
        high = np.where(np.arange(count) < equal, 0, np.inf)
        functions = NonlinearConstraint(problem.constraints, 0, high, jac=problem.slopes, hess=problem.curvature)
        settings.update(hess=problem.hessian, constraints=[functions] if count else [])
        # With a tolerance of the gradient its interior points would end before the barrier is gone.
        interior = bounds is not None or count > equal
        options = dict(maxiter=MOST, gtol=0 if interior else TOLERANCE, barrier_tol=TOLERANCE)
    result = minimize(problem.value, problem.start, options=options, **settings)
    return result.x, bool(result.success), result.message


def run(server, name, method):
    """What is printed of a run; None of a problem that the method is not for."""
    problem = Problem(server, name)
    line = dict(problem=name, method=method, verdict="failed", claims=False, value="NaN")
    if method in ("L-BFGS-B", *STOPPED) and problem.functions:
        return None
    solve = fit if method in ("lm", "trf") else hold if method in ("SLSQP", "trust-constr") else descend
    try:
        x, claims, reason = solve(problem, method)
        verdict, value = problem.judge(x)
        line.update(verdict=verdict, claims=claims, value=f"{value:.6e}")
    except Spent:
        reason = "no end"
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        reason = f"{type(error).__name__}: {error}"
    needed = problem.needed.get(line["verdict"]) if line["verdict"] != "failed" else None
    return dict(line, end=str(reason), needed=needed, **problem.counts)


def run_in_time(server, name, method):
    """Runs in a process of its own, which is ended when it takes too long."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=lambda: sender.send(run(server, name, method)))
    child.start()
    sender.close()
    nothing = dict(values=0, gradients=0, hessians=0, products=0)
    line = dict(problem=name, method=method, verdict="failed", claims=False, value="NaN", end="no end", needed=None, **nothing)
    try:
        if receiver.poll(SECONDS):
            line = receiver.recv()
    except EOFError:
        line["end"] = "died"
    child.kill()
    child.join()
    return line


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    server, which, *methods = sys.argv[1:]
    for name in names(server, which):
        for method in methods:
            line = run_in_time(server, name, method)
            if line is not None:
                print(json.dumps(line), flush=True)
