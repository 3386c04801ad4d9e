"""What the programs on Rosenbrock's function share."""

START = [-1.2, 1.0]
GD_LR = 0.001
ADAM_LR = 0.01
# Steps after which the peers' points are compared.
EARLY = 2000
