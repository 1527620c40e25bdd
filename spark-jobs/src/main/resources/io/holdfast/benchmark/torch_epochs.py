"""Epochs of PyTorch with one thread per worker; workers share the minibatches and nothing else. Prints the seconds of every epoch asked for."""
import multiprocessing
import sys
import time

import torch
from torch import nn

SIDE = 28


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(50 * 4 * 4, 500), nn.ReLU(), nn.Linear(500, 10))


def read(path):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)


def work(images, labels, batch, worker, workers, asked):
    """Trains every workers-th minibatch, in the order of the samples, whenever it is asked to."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    features = read(images).reshape(-1, 1, SIDE, SIDE).float().div_(255)
    classes = read(labels).long()
    batches = list(zip(features.split(batch), classes.split(batch)))[worker::workers]
    network = lenet()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    asked.send("ready")
    while asked.recv():
        for pixels, targets in batches:
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(pixels), targets).backward()
            optimiser.step()
        asked.send("done")


def main(images, labels, batch, workers):
    pipes = []
    for worker in range(workers):
        ours, theirs = multiprocessing.Pipe()
        multiprocessing.Process(
            target=work, args=(images, labels, batch, worker, workers, theirs), daemon=True).start()
        theirs.close()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()
    print("answer ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        for pipe in pipes:
            pipe.send(True)
        for pipe in pipes:
            pipe.recv()
        print("answer", time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
