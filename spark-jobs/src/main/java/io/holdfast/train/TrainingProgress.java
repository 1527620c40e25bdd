package io.holdfast.train;

/** Told what a training run does, on the driver's thread. */
public interface TrainingProgress {

  /**
   * The run starts or goes on.
   *
   * @param runId the run
   * @param epochs of the whole run
   * @param committed epochs that exist already
   * @param samples of the training part
   * @param rounds per epoch
   */
  void started(String runId, int epochs, int committed, long samples, int rounds);

  /**
   * An epoch starts.
   *
   * @param epoch counted from 1
   */
  void epochStarted(int epoch);

  /**
   * A round was averaged.
   *
   * @param round within the epoch, counted from 0
   * @param examples trained in it by all shards
   * @param lossSum sum of their losses
   */
  void roundDone(int round, long examples, double lossSum);

  /**
   * An epoch exists from now on.
   *
   * @param summary its metrics
   */
  void epochCommitted(EpochSummary summary);
}
