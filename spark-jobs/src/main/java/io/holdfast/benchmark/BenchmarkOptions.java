package io.holdfast.benchmark;

/**
 * What to measure.
 *
 * @param data sample table of images without held-out splits; every epoch trains its training
 *     samples
 * @param digits sample table of the bundled digits for the fixed cost of an epoch; null leaves that
 *     out
 * @param epochs that are measured
 * @param warmUp epochs before them that are not
 * @param publishedThreads OpenMP threads of the engines as published; 0 leaves ND4J's default,
 *     which is all cores
 * @param quick whether to leave out the slow engines: DL4J as published and the stock master
 */
public record BenchmarkOptions(
    String data, String digits, int epochs, int warmUp, int publishedThreads, boolean quick) {}
