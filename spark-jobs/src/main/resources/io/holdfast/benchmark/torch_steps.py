"""Training steps of PyTorch on one thread. For every network named on standard input, prints the seconds of one step."""
import statistics
import sys
import time

import torch
from torch import nn

BATCH = 128
STEPS = 20

torch.set_num_threads(1)
torch.manual_seed(1)


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(50 * 4 * 4, 500), nn.ReLU(), nn.Linear(500, 10))


def mlp():
    return nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))


NETWORKS = {"lenet": (lenet(), (BATCH, 1, 28, 28)), "mlp": (mlp(), (BATCH, 784))}
OPTIMISERS = {
    name: torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    for name, (network, _) in NETWORKS.items()}


def median_step(name):
    network, shape = NETWORKS[name]
    features = torch.rand(shape)
    labels = torch.randint(0, 10, (BATCH,))
    seconds = []
    for _ in range(STEPS):
        start = time.perf_counter()
        OPTIMISERS[name].zero_grad()
        nn.functional.cross_entropy(network(features), labels).backward()
        OPTIMISERS[name].step()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


print("answer ready", flush=True)
for line in sys.stdin:
    print("answer", median_step(line.strip()), flush=True)
