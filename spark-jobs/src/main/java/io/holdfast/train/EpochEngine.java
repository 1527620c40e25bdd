package io.holdfast.train;

import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.LoggedFile;
import java.util.List;

/** Trains a run epoch by epoch; {@link TrainJob} commits what an epoch leaves. */
interface EpochEngine extends AutoCloseable {

  /**
   * What an epoch leaves to be committed.
   *
   * @param state averaged after the last round
   * @param files written by the shards, in shard order
   * @param training metrics of the training passes; of no sample where the engine captures none
   * @param heldOut metrics of the evaluated splits, in their order
   */
  record EpochOutcome(
      RoundState state,
      List<LoggedFile> files,
      SplitMetrics training,
      List<SplitMetrics> heldOut) {}

  /** Told after each round: index, examples and loss sum of the round. */
  interface RoundListener {
    void trained(int round, long examples, double lossSum);
  }

  /** Averagings of one epoch. */
  int rounds();

  /** Training samples in all shards. */
  long samples();

  /**
   * Trains one epoch, from the state and the commit of the epoch before (null before the first).
   */
  EpochOutcome epoch(int epoch, RoundState start, CommitManifest before, RoundListener listener);

  @Override
  void close();
}
