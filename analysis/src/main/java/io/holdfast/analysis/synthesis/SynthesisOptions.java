package io.holdfast.analysis.synthesis;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogNames;
import io.holdfast.analysis.log.LogRoot;
import java.io.Serializable;

/**
 * What log to make.
 *
 * @param root where; other runs in it stay as they are
 * @param runPrefix the runs are named PREFIX-1, PREFIX-2, ...
 * @param runs number of runs, from 1
 * @param samples number of samples, from 1; their ids are 0, 1, 2, ...
 * @param epochs number of epochs, from 1
 * @param classes number of classes, from 2
 * @param labelNoise share of the samples whose label is wrong, 0 to below 1; {@code true_label} is
 *     NULL where it is 0
 * @param split the split
 * @param phase the phase
 * @param shards number of files that each epoch is written to, from 1
 * @param seed every value is a function of the seed, the run, the sample and the epoch
 */
public record SynthesisOptions(
    LogRoot root,
    String runPrefix,
    int runs,
    long samples,
    int epochs,
    int classes,
    double labelNoise,
    String split,
    String phase,
    int shards,
    long seed)
    implements Serializable {

  /** Checks names and numbers. */
  public SynthesisOptions {
    LogNames.requireRunId(runPrefix + "-" + runs);
    LogNames.requireSplit(split);
    LogNames.requirePhase(phase);
    requireAtLeast("number of runs", runs, 1);
    requireAtLeast("number of samples", samples, 1);
    requireAtLeast("number of epochs", epochs, 1);
    requireAtLeast("number of classes", classes, 2);
    requireAtLeast("number of shards", shards, 1);
    if (!(labelNoise >= 0 && labelNoise < 1)) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid label noise: " + labelNoise + ", expected 0 to below 1");
    }
  }

  private static void requireAtLeast(String what, long value, long least) {
    if (value < least) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Invalid " + what + ": " + value + ", expected " + least + " or more");
    }
  }

  String runId(int run) {
    return runPrefix + "-" + (run + 1);
  }
}
