"""JAX on functions and their derivatives: `function_jax.py CASE N`; jit, compiling excluded.

Of the wells, the sum is written out and the points lie component by component: the form that XLA makes the fastest loop of.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np

from landscape import starts, wells
from measure import measure, report
from problems import WIDTHS, digest, flat, network, point, regression

jax.config.update("jax_enable_x64", True)


def ackley(x):
    root, waves = jnp.sqrt(jnp.mean(x**2)), jnp.mean(jnp.cos(2 * jnp.pi * x))
    return 20 + jnp.e - 20 * jnp.exp(-0.2 * root) - jnp.exp(waves)


def rosenbrock(x):
    odd, even = x[0::2], x[1::2]
    return jnp.sum(100 * (even - odd**2) ** 2 + (1 - odd) ** 2)


def logistic(w, data, classes):
    scores = data @ w
    return jnp.sum(jax.nn.softplus(scores) - classes * scores)


def mlp(parameters, pictures, digits):
    w1, b1, w2, b2, w3, b3 = parameters
    hidden = jax.nn.relu(jax.nn.relu(pictures @ w1 + b1) @ w2 + b2)
    return -jnp.mean(jnp.sum(jax.nn.log_softmax(hidden @ w3 + b3) * digits, axis=1))


def gaussians(x):
    terms = zip(*(numbers.tolist() for numbers in wells()))
    return sum(-c * jnp.exp(-((x[0] - m[0]) ** 2 + (x[1] - m[1]) ** 2) / w**2) for c, m, w in terms)


def all_orders(f):
    """Value, gradient and Hessian."""

    def slope(x, *rest):
        value, gradient = jax.value_and_grad(f)(x, *rest)
        return gradient, (value, gradient)

    def orders(x, *rest):
        hessian, (value, gradient) = jax.jacfwd(slope, has_aux=True)(x, *rest)
        return value, gradient, hessian

    return orders


case, n = sys.argv[1], int(sys.argv[2])
each = lambda f: f
numbers = lambda array: [array]
parts = {"value": lambda f: lambda *arguments: (f(*arguments),), "gradient": jax.value_and_grad}
if case in ("ackley", "rosenbrock"):
    f, arguments = {"ackley": ackley, "rosenbrock": rosenbrock}[case], [jnp.asarray(point(n))]
elif case == "wells":
    f, arguments = gaussians, [jnp.asarray(np.ascontiguousarray(starts(n).T))]
    each = lambda f: jax.vmap(f, in_axes=1, out_axes=-1)
    parts["Hessian"] = all_orders
elif case == "logistic":
    data, classes, w = regression()
    f, arguments = logistic, [jnp.asarray(w), jnp.asarray(data), jnp.asarray(classes)]
    parts["Hessian"] = all_orders
else:
    parameters, pictures, digits = network()
    hot = jnp.asarray(np.eye(WIDTHS[-1], dtype=np.float32)[digits])
    f, arguments = mlp, [[jnp.asarray(p) for p in parameters], jnp.asarray(pictures), hot]
    numbers = lambda array: array if isinstance(array, list) else [array]

for part, transformed in parts.items():
    run = jax.jit(each(transformed(f))).lower(*arguments).compile()
    seconds, (values, *derivatives) = measure(lambda: jax.block_until_ready(run(*arguments)))
    check = [np.sum(values)]
    for derivative in derivatives:
        check += digest(flat(numbers(derivative)))
    report("jax", part, n, 1, seconds, check)
