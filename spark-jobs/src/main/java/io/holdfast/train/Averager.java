package io.holdfast.train;

import io.holdfast.method.SharedState;
import io.holdfast.method.SharedStateValue;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Averages what the shards trained, weighted by the number of examples each one trained in the
 * round. Sums run in shard order in double precision, so the result depends neither on which
 * executor answered first nor on how many there are; with one shard it is the identity, to the bit.
 */
final class Averager {
  /** Elements that are summed at a time: their sums stay in the processor's cache. */
  private static final int BLOCK = 2048;

  private Averager() {}

  /**
   * @param fields of the method's shared state
   */
  static RoundState average(
      RoundState before, List<ShardUpdate> inShardOrder, List<SharedState.Field> fields) {
    List<ShardUpdate> trained =
        inShardOrder.stream().filter(update -> update.examples() > 0).toList();
    if (trained.isEmpty()) {
      return before;
    }
    double[] weights = trained.stream().mapToDouble(ShardUpdate::examples).toArray();
    double examples = Arrays.stream(weights).sum();
    List<RoundState> states = trained.stream().map(ShardUpdate::state).toList();
    return new RoundState(
        mean(states.stream().map(RoundState::parameters).toList(), weights, examples),
        mean(states.stream().map(RoundState::updater).toList(), weights, examples),
        merged(before, trained, fields),
        before.teacher(),
        mean(states.stream().map(RoundState::peerParameters).toList(), weights, examples),
        mean(states.stream().map(RoundState::peerUpdater).toList(), weights, examples));
  }

  private static double[] merged(
      RoundState before, List<ShardUpdate> trained, List<SharedState.Field> fields) {
    List<SharedStateValue.Contribution> contributions =
        trained.stream()
            .map(
                update ->
                    new SharedStateValue.Contribution(
                        SharedStateValue.of(fields, update.state().shared()), update.examples()))
            .toList();
    return SharedStateValue.merge(SharedStateValue.of(fields, before.shared()), contributions)
        .flat();
  }

  private static float[] mean(List<float[]> values, double[] weights, double examples) {
    if (weights.length == 1) {
      return values.get(0);
    }
    float[] mean = new float[values.get(0).length];
    // No element knows of another, so it does not matter which thread adds it up.
    IntStream.range(0, (mean.length + BLOCK - 1) / BLOCK)
        .parallel()
        .forEach(block -> mean(values, weights, examples, block * BLOCK, mean));
    return mean;
  }

  private static void mean(
      List<float[]> values, double[] weights, double examples, int from, float[] mean) {
    int count = Math.min(BLOCK, mean.length - from);
    double[] sums = new double[count];
    for (int shard = 0; shard < weights.length; shard++) {
      add(sums, values.get(shard), from, count, weights[shard]);
    }
    for (int i = 0; i < count; i++) {
      mean[from + i] = (float) (sums[i] / examples);
    }
  }

  private static void add(double[] sums, float[] values, int from, int count, double weight) {
    for (int i = 0; i < count; i++) {
      sums[i] += values[from + i] * weight;
    }
  }
}
