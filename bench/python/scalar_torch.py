"""PyTorch on Rosenbrock's function from one start: `scalar_torch.py RULE STEPS`; eager, with its own gradient."""

import sys

import torch

from measure import measure, report
from rosenbrock import ADAM_LR, EARLY, GD_LR, START

torch.set_num_threads(1)
rule, steps = sys.argv[1], int(sys.argv[2])


def run(steps):
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    if rule == "gd":
        optimizer = torch.optim.SGD([x], lr=GD_LR)
    else:
        optimizer = torch.optim.Adam([x], lr=ADAM_LR)
    for _ in range(steps):
        optimizer.zero_grad()
        a, b = x.unbind()
        loss = 100 * (b - a**2) ** 2 + (1 - a) ** 2
        loss.backward()
        optimizer.step()
    return x.detach()


early = run(EARLY)
seconds, _ = measure(lambda: run(steps))
report("torch", rule, 1, steps, seconds, early)
