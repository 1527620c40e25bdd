package io.holdfast.analysis.reading;

import java.io.Serializable;

/**
 * The rows of one (run, split, phase): what must be complete, and what dynamics are computed over.
 *
 * @param index its number within the opened log, from 0; stands for the three names in Spark's rows
 * @param runId the run
 * @param split the split
 * @param phase the phase
 * @param everyEpoch whether its epochs must be 1..M; false where only evaluations wrote it
 * @param committedEpochs the last epoch that must be there; 0 where no manifest says so
 * @param reported whether it is among the results; false where it only decides the best epoch
 */
public record Series(
    int index,
    String runId,
    String split,
    String phase,
    boolean everyEpoch,
    int committedEpochs,
    boolean reported)
    implements Serializable {

  /**
   * The names, for messages.
   *
   * @return run, split and phase
   */
  public String describe() {
    return "run " + runId + ", split " + split + ", phase " + phase;
  }
}
