"""Training steps of JAX with Optax: gathering, forward, backward, Adam in one `jit` with donated parameters and state, compiling
excluded."""

import jax
import jax.numpy as jnp
import optax

from measure import measure, report
from training import CHECKED, LR, STEPS, indices, pictures, weights

pixels, digits = (jnp.asarray(numbers) for numbers in pictures())
parameters = [(jnp.asarray(matrix.T), jnp.zeros(len(matrix))) for matrix in weights()]
optimizer = optax.adam(LR)
state = optimizer.init(parameters)


def loss(parameters, x, y):
    *hidden, (matrix, bias) = parameters
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    return optax.softmax_cross_entropy_with_integer_labels(x @ matrix + bias, y).mean()


def step(parameters, state, pixels, digits, chosen):
    x = pixels[chosen].astype(jnp.float32) * (1 / 255)
    value, gradient = jax.value_and_grad(loss)(parameters, x, digits[chosen])
    updates, state = optimizer.update(gradient, state, parameters)
    return optax.apply_updates(parameters, updates), state, value


batches = [jnp.asarray(indices(k)) for k in range(STEPS)]
step = jax.jit(step, donate_argnums=(0, 1)).lower(parameters, state, pixels, digits, batches[0]).compile()


def run(batches):
    global parameters, state
    values = []
    for chosen in batches:
        parameters, state, value = step(parameters, state, pixels, digits, chosen)
        values.append(value)
    return [float(value) for value in values]


check = run(batches[:CHECKED])
seconds, _ = measure(lambda: run(batches))
report("jax", "mlp", 1, STEPS, seconds, check)
