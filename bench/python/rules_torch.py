"""PyTorch's optimisers on flat `f32` parameters: `rules_torch.py FORM N OPTIMIZER...`; `FORM` is `fused`, `foreach` or `loop`.

`OPTIMIZER` is Thalweg's text, a key of the table below. The gradient is in `grad`; what a chain does before or after the optimiser,
it does in place.
"""

import itertools
import os
import sys

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from flat import FACTORS, check, gradient, start, steps
from measure import measure, refuse, report

torch.set_num_threads(len(os.sched_getaffinity(0)))
LR = 0.01
optim = torch.optim

# What the gradient of the last chain is scaled by. Timed, it is scaled back every other time, for nobody renews it.
HALF = itertools.repeat(0.5)


def rule(optimizer, lr=LR, before=None, **settings):
    """An optimiser, and what happens to the parameters and their gradient before it."""
    return lambda x, **form: (optimizer([x], lr=lr, **settings, **form), before)


def halve_clip_and_decay(x):
    x.grad.mul_(next(HALF))
    clip_grad_value_(x, 1)
    with torch.no_grad():
        x.mul_(1 - 0.1)


RULES = {
    "sgd(lr=0.01)": rule(optim.SGD),
    "sgd(lr=0.01, momentum=0.9)": rule(optim.SGD, momentum=0.9),
    "adagrad(lr=0.01)": rule(optim.Adagrad),
    "rmsprop(lr=0.01)": rule(optim.RMSprop),
    "adam(lr=0.01)": rule(optim.Adam),
    "adamw(lr=0.01)": rule(optim.AdamW),
    "adam(lr=0.01, amsgrad=true)": rule(optim.Adam, amsgrad=True),
    "adamax(lr=0.01)": rule(optim.Adamax),
    "nadam(lr=0.01)": rule(optim.NAdam),
    "radam(lr=0.01)": rule(optim.RAdam),
    "adadelta(lr=0.01)": rule(optim.Adadelta),
    "rprop(lr=0.01)": rule(optim.Rprop),
    # AdamW's decay is multiplied by the learning rate.
    "clip_by_value(1) | adam(lr=0.01) | add_decayed_weights(0.01)": rule(
        optim.AdamW, weight_decay=0.01 / LR, before=lambda x: clip_grad_value_(x, 1)
    ),
    "clip_by_global_norm(1) | adamw(lr=0.01)": rule(optim.AdamW, before=lambda x: clip_grad_norm_(x, 1)),
    "scale(0.5) | clip_by_value(1) | sgd(lr=0.1, momentum=0.9) | add_decayed_weights(0.1)": rule(
        optim.SGD, lr=0.1, momentum=0.9, before=halve_clip_and_decay
    ),
}


def once(text):
    global HALF
    HALF = itertools.repeat(0.5)
    x = torch.from_numpy(start(n)).requires_grad_()
    optimizer, before = RULES[text](x, **FORMS[form])

    def step():
        if before:
            before(x)
        optimizer.step()

    for factor in FACTORS:
        x.grad = g * factor
        step()
    early = check(x.detach().numpy())
    x.grad = g.clone()
    HALF = itertools.cycle([0.5, 2.0])

    def run():
        for _ in range(count):
            step()

    seconds, _ = measure(run)
    report("torch_" + form, text, n, count, seconds, early)


FORMS = {"fused": {"fused": True}, "foreach": {"foreach": True}, "loop": {"foreach": False}}
form, n, texts = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
count, g = steps(n), torch.from_numpy(gradient(n))
for text in texts:
    if text not in RULES:
        refuse("torch_" + form, text, n, "–")
        continue
    try:
        once(text)
    except TypeError:
        # It has no such form.
        refuse("torch_" + form, text, n, "–")
