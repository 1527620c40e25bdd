package io.holdfast.analysis.log;

import java.io.Serializable;

/**
 * One shard's rows of one epoch: what one file of the prediction log holds.
 *
 * @param runId the run, see {@link LogNames#requireRunId}
 * @param split the split, for example {@code train}, {@code validation} or {@code test}
 * @param phase {@link #TRAIN_PASS} or {@link #EVAL}
 * @param epoch the epoch, from 1
 * @param shard the shard, from 0
 */
public record LogPart(String runId, String split, String phase, int epoch, int shard)
    implements Serializable {

  /** Outputs of the training forward pass, before that batch's update. */
  public static final String TRAIN_PASS = "train_pass";

  /** Outputs of the averaged parameters after an epoch's last round. */
  public static final String EVAL = "eval";

  /** Checks the names and numbers. */
  public LogPart {
    LogNames.requireRunId(runId);
    LogNames.requireSplit(split);
    LogNames.requirePhase(phase);
    if (epoch < 1) {
      throw new IllegalArgumentException("Invalid epoch: " + epoch + ", expected 1 or more");
    }
    if (shard < 0) {
      throw new IllegalArgumentException("Invalid shard: " + shard + ", expected 0 or more");
    }
  }
}
