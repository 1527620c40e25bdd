package io.holdfast.benchmark;

/**
 * What to measure on executors in processes of their own.
 *
 * @param data sample table of images without held-out splits; every epoch trains its training
 *     samples
 * @param epochs that are measured
 * @param warmUp epochs before them that are not
 * @param batch size of a minibatch
 * @param peers whether plain DL4J, the stock master, PyTorch and 4 workers are measured, too
 */
public record ClusterBenchmarkOptions(
    String data, int epochs, int warmUp, int batch, boolean peers) {}
