"""PyTorch's L-BFGS with its own gradient: `solve_torch.py CASE N`. Prints a line of JSON whose steps are the gradients that were taken."""

import os
import sys

import torch

from measure import measure, refuse, report
from solving import RIDGE, STEPS, TOLERANCE, check, data, start, value

torch.set_num_threads(len(os.sched_getaffinity(0)))
torch.set_default_dtype(torch.float64)
case, n = sys.argv[1], int(sys.argv[2])
rows, classes = data() if case.startswith("logistic") else (None, None)
tensors = None if rows is None else (torch.from_numpy(rows), torch.from_numpy(classes))
taken = 0


def loss(x):
    if tensors is None:
        a, b = (x[0], x[1]) if n == 2 else x.view(-1, 2).unbind(1)
        return torch.sum((1 - a) ** 2 + 100 * (b - a * a) ** 2)
    z = tensors[0] @ x
    return torch.mean(torch.nn.functional.softplus(z) - tensors[1] * z) + RIDGE / 2 * (x @ x)


def descend(x, function, steps):
    """L-BFGS from x, which is changed."""
    limits = dict(max_iter=steps, max_eval=10 * steps, tolerance_grad=TOLERANCE, tolerance_change=0)
    optimizer = torch.optim.LBFGS([x], history_size=10, line_search_fn="strong_wolfe", **limits)

    def closure():
        global taken
        taken += 1
        optimizer.zero_grad()
        f = function(x)
        f.backward()
        return f

    optimizer.step(closure)
    return x


def solve():
    global taken
    taken = 0
    return descend(torch.from_numpy(start(case, n)).clone().requires_grad_(), loss, STEPS)


if case in ("bounded", "wells", "logistic, Newton-CG"):
    refuse("torch", case, n, "–")
else:
    # The first step of an optimiser loads more of PyTorch.
    descend(torch.zeros(2, requires_grad=True), torch.sum, 1)
    seconds, x = measure(solve)
    x = x.detach().requires_grad_()
    loss(x).backward()
    left = float(x.grad.abs().max())
    x = x.detach().numpy()
    if left > TOLERANCE:
        refuse("torch", case, n, f"ends where max |g| is {left:.1e}")
    else:
        report("torch", case, 1, taken, seconds, check(value(case, x, rows, classes), x))
