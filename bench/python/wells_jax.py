"""JAX on Gaussian wells: `wells_jax.py FORM STARTS STEPS`; jit of a scan of a vmapped automatic gradient.

`FORM` is `plain`, the function over the arrays of wells, or `unrolled`, a sum of eight scalar terms with the starts laid out
component by component, the form that XLA makes the fastest loop of.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np

from landscape import ALL, EARLY, LR, MOMENTUM, starts, wells
from measure import measure, report

jax.config.update("jax_enable_x64", True)
depths, centres, widths = wells()


def plain(x):
    return -jnp.sum(depths * jnp.exp(-jnp.sum((x - centres) ** 2, axis=1) / widths**2))


def unrolled(x):
    terms = zip(depths.tolist(), centres.tolist(), widths.tolist())
    return sum(-c * jnp.exp(-((x[0] - m[0]) ** 2 + (x[1] - m[1]) ** 2) / w**2) for c, m, w in terms)


def compiled(x, steps):
    gradients = jax.vmap(jax.grad(loss), in_axes=axis, out_axes=axis)

    def step(state, _):
        x, velocity = state
        velocity = MOMENTUM * velocity - LR * gradients(x)
        return (x + velocity, velocity), None

    def run(x):
        (x, _), _ = jax.lax.scan(step, (x, jnp.zeros_like(x)), length=steps)
        return x

    return jax.jit(run).lower(x).compile()


form, n, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
loss, axis = {"plain": (plain, 0), "unrolled": (unrolled, 1)}[form]
x = jnp.asarray(starts(n) if axis == 0 else np.ascontiguousarray(starts(n).T))
losses = jax.jit(jax.vmap(loss, in_axes=axis))
early = losses(compiled(x, EARLY)(x))
run = compiled(x, steps)
seconds, end = measure(lambda: run(x).block_until_ready())
check = [np.mean(early)]
if steps == ALL:
    check.append(np.mean(losses(end)))
report("jax", "wells", n, steps, seconds, check)
