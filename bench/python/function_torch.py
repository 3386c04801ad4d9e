"""PyTorch on functions and their derivatives: `function_torch.py FORM CASE N`; `FORM` is `eager` or `compiled`.

`compiled` is `torch.compile` with the backend inductor, compiling excluded. Gradients come from `torch.autograd`, Hessians from
`torch.func`, of the wells under `vmap`.
"""

import math
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch.func import grad_and_value, jacfwd, vmap

from landscape import starts, wells
from measure import measure, refuse, report
from problems import digest, flat, network, point, regression

torch.set_num_threads(len(os.sched_getaffinity(0)))
form, case, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
depths, centres, widths = (torch.from_numpy(numbers) for numbers in wells())


def ackley(x):
    root, waves = x.square().mean().sqrt(), (2 * math.pi * x).cos().mean()
    return 20 + math.e - 20 * (-0.2 * root).exp() - waves.exp()


def rosenbrock(x):
    odd, even = x[0::2], x[1::2]
    return (100 * (even - odd**2) ** 2 + (1 - odd) ** 2).sum()


def logistic(w, data, classes):
    scores = data @ w
    return (F.softplus(scores, threshold=1000) - classes * scores).sum()


def mlp(w1, b1, w2, b2, w3, b3, pictures, digits):
    hidden = F.relu(F.relu(pictures @ w1 + b1) @ w2 + b2)
    return F.cross_entropy(hidden @ w3 + b3, digits)


def gaussians(x):
    squares = (x[..., None, :] - centres).square().sum(-1)
    return -(depths * (-squares / widths**2).exp()).sum(-1)


def all_orders(f):
    """Value, gradient and Hessian."""

    def slope(x, *rest):
        gradient, value = grad_and_value(f)(x, *rest)
        return gradient, (value, gradient)

    def orders(x, *rest):
        hessian, (value, gradient) = jacfwd(slope, has_aux=True)(x, *rest)
        return value, gradient, hessian

    return orders


compiled = torch.compile if form == "compiled" else lambda f: f
unknowns, orders = 1, None
if case in ("ackley", "rosenbrock"):
    f, arguments = {"ackley": ackley, "rosenbrock": rosenbrock}[case], [torch.from_numpy(point(n))]
elif case == "wells":
    f, arguments, orders = gaussians, [torch.from_numpy(starts(n))], vmap(all_orders(gaussians))
elif case == "logistic":
    data, classes, w = (torch.from_numpy(numbers) for numbers in regression())
    f, arguments, orders = logistic, [w, data, classes], all_orders(logistic)
else:
    parameters, pictures, digits = network()
    arguments = [torch.from_numpy(numbers) for numbers in [*parameters, pictures, digits]]
    f, unknowns = mlp, len(parameters)

leaves = [argument.clone().requires_grad_() for argument in arguments[:unknowns]]
arguments[:unknowns] = leaves
function = compiled(f)


def value():
    with torch.no_grad():
        return [function(*arguments)]


def gradient():
    values = function(*arguments)
    return values.detach(), *torch.autograd.grad(values.sum(), leaves)


def hessian():
    with torch.no_grad():
        return run_orders(leaves[0].detach(), *arguments[1:])


def by_component(derivative):
    """Of many points, all first components first, as the other peers have them."""
    return np.moveaxis(np.asarray(derivative), 0, -1) if case == "wells" else derivative


parts = {"value": value, "gradient": gradient}
if orders:
    parts["Hessian"], run_orders = hessian, compiled(orders)
peer = "torch" if form == "eager" else "torch_compiled"
for part, run in parts.items():
    try:
        run()
        seconds, (values, *derivatives) = measure(run)
    except Exception as problem:
        refuse(peer, part, n, f"{type(problem).__name__}: {problem}".splitlines()[0][:100])
        continue
    check = [float(values.double().sum())]
    groups = [derivatives] if part == "gradient" else [[derivative] for derivative in derivatives]
    for group in groups:
        check += digest(flat(by_component(derivative) for derivative in group))
    report(peer, part, n, 1, seconds, check)
