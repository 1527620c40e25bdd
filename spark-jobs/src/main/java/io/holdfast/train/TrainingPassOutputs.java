package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.BitSet;
import java.util.List;

/**
 * The outputs of one shard's training passes of a whole epoch, in the order of its samples.
 *
 * @param logits {@code [samples, classes]}, row-major
 * @param losses one per sample
 */
record TrainingPassOutputs(float[] logits, float[] losses) {

  static TrainingPassOutputs of(ShardSamples samples, List<CapturedOutputs> rounds, int classes) {
    float[] logits = new float[samples.count() * classes];
    float[] losses = new float[samples.count()];
    BitSet trained = new BitSet(samples.count());
    for (CapturedOutputs round : rounds) {
      for (int i = 0; i < round.positions().length; i++) {
        int position = round.positions()[i];
        System.arraycopy(round.logits(), i * classes, logits, position * classes, classes);
        losses[position] = round.losses()[i];
        trained.set(position);
      }
    }
    if (trained.cardinality() != samples.count()) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE,
          "An epoch trained "
              + trained.cardinality()
              + " of the shard's "
              + samples.count()
              + " samples");
    }
    return new TrainingPassOutputs(logits, losses);
  }
}
