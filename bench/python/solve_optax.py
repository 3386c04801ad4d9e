"""Optax's L-BFGS, jitted as a whole, with JAX's gradient; for the wells Newton's method written with JAX: `solve_optax.py CASE N`.

Prints a line of JSON whose steps are the gradients that were taken.
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax

from landscape import starts, wells
from measure import measure, refuse, report
from solving import RIDGE, STEPS, TOLERANCE, check, data, start, value

jax.config.update("jax_enable_x64", True)
case, n = sys.argv[1], int(sys.argv[2])


def valley(x, _):
    a, b = (x[0], x[1]) if n == 2 else x.reshape(-1, 2).T
    return jnp.sum((1 - a) ** 2 + 100 * (b - a * a) ** 2)


def logistic(w, known):
    rows, classes = known
    z = rows @ w
    return jnp.mean(jax.nn.softplus(z) - classes * z) + RIDGE / 2 * w @ w


def solver(function, known):
    optimizer = optax.lbfgs(memory_size=10)

    def run(x, known):
        def loss(x):
            return function(x, known)

        step = optax.value_and_grad_from_state(loss)

        def going(carry):
            _, _, gradient, count, _ = carry
            return (count < STEPS) & (jnp.max(jnp.abs(gradient)) > TOLERANCE)

        def body(carry):
            x, state, gradient, count, taken = carry
            f, gradient = step(x, state=state)
            updates, state = optimizer.update(gradient, state, x, value=f, grad=gradient, value_fn=loss)
            taken += state[-1].info.num_linesearch_steps
            x = optax.apply_updates(x, updates)
            return x, state, optax.tree.get(state, "grad"), count + 1, taken

        begin = (x, optimizer.init(x), jnp.full_like(x, jnp.inf), 0, 1)
        x, _, gradient, _, taken = jax.lax.while_loop(going, body, begin)
        return x, gradient, taken

    return lambda x: jax.block_until_ready(compiled(x, known)), jax.jit(run)


def newton():
    """All starts in lockstep: a damped step by the Hessian with its eigenvalues made positive, halved while the value rises."""
    depths, centres, widths = wells()

    def f(x):
        return -jnp.sum(depths * jnp.exp(-jnp.sum((x - centres) ** 2, axis=1) / widths**2))

    slope = jax.value_and_grad(f)

    def step(x, value, gradient):
        values, vectors = jnp.linalg.eigh(jax.hessian(f)(x))
        d = -vectors @ (vectors.T @ gradient / (jnp.abs(values) + 1e-12))
        d = d * jnp.minimum(1.0, 0.5 / (jnp.linalg.norm(d) + 1e-300))
        lengths = 0.5 ** jnp.arange(12)
        tried = jax.vmap(lambda t: f(x + t * d))(lengths)
        t = lengths[jnp.argmax(tried < value)] * jnp.any(tried < value)
        x = x + t * d
        return (x, *slope(x))

    def going(carry):
        count, _, _, gradient = carry
        return (count < 200) & (jnp.max(jnp.abs(gradient)) > TOLERANCE)

    def body(carry):
        count, *at = carry
        return (count + 1, *jax.vmap(step)(*at))

    def run(x):
        return jax.lax.while_loop(going, body, (0, x, *jax.vmap(slope)(x)))

    x = jnp.asarray(starts(n))
    compiled = jax.jit(run).lower(x).compile()
    seconds, (_, _, _, gradient) = measure(lambda: jax.block_until_ready(compiled(x)))
    left = float(jnp.max(jnp.abs(gradient)))
    if left > TOLERANCE:
        unfinished = int(jnp.sum(jnp.max(jnp.abs(gradient), axis=1) > TOLERANCE))
        refuse("jax", case, n, f"{unfinished} of {n} starts do not end")
    else:
        report("jax", case, 1, 1, seconds, [])


if case == "wells":
    newton()
elif case in ("bounded", "logistic, Newton-CG"):
    refuse("optax", case, n, "–")
else:
    known = data() if case.startswith("logistic") else (None, None)
    arrays = tuple(map(jnp.asarray, known)) if known[0] is not None else ()
    run, compiled = solver(logistic if arrays else valley, arrays)
    x = jnp.asarray(start(case, n))
    run(x)
    seconds, (x, gradient, taken) = measure(lambda x=x: run(x))
    left = float(jnp.max(jnp.abs(gradient)))
    x = np.asarray(x)
    if not left <= TOLERANCE:
        refuse("optax", case, n, f"ends where max |g| is {left:.1e}")
    else:
        report("optax", case, 1, int(taken), seconds, check(value(case, x, *known), x))
