package io.holdfast.train;

import java.util.List;

/**
 * Averages what the shards trained, weighted by the number of examples each one trained in the
 * round. Sums run in shard order in double precision, so the result depends neither on which
 * executor answered first nor on how many there are; with one shard it is the identity, to the bit.
 */
final class Averager {

  private Averager() {}

  static RoundState average(RoundState before, List<ShardUpdate> inShardOrder) {
    long examples = 0;
    for (ShardUpdate update : inShardOrder) {
      examples += update.examples();
    }
    if (examples == 0) {
      return before;
    }
    double[] parameters = new double[before.parameters().length];
    double[] updater = new double[before.updater().length];
    double[] shared = new double[before.shared().length];
    for (ShardUpdate update : inShardOrder) {
      if (update.examples() > 0) {
        add(parameters, update.state().parameters(), update.examples());
        add(updater, update.state().updater(), update.examples());
        for (int i = 0; i < shared.length; i++) {
          shared[i] += update.state().shared()[i] * update.examples();
        }
      }
    }
    for (int i = 0; i < shared.length; i++) {
      shared[i] /= examples;
    }
    return new RoundState(quotient(parameters, examples), quotient(updater, examples), shared);
  }

  private static void add(double[] sums, float[] values, int weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += (double) values[i] * weight;
    }
  }

  private static float[] quotient(double[] sums, long divisor) {
    float[] mean = new float[sums.length];
    for (int i = 0; i < sums.length; i++) {
      mean[i] = (float) (sums[i] / divisor);
    }
    return mean;
  }
}
