package io.holdfast.experiment;

import io.holdfast.train.TrainingProgress;

/** Told what an experiment does, on the driver's thread. */
public interface ExperimentProgress {

  /**
   * Every run could be trained.
   *
   * @param runs of the experiment
   * @param finished runs that the log holds already
   */
  void planned(int runs, int finished);

  /**
   * A run starts or goes on.
   *
   * @param number of the run in the experiment, counted from 1
   * @param runs of the experiment
   * @param runId the run
   * @param secondsLeft for this and all later runs, as epochs took so far; NaN before the first
   * @return told what the run does
   */
  TrainingProgress runStarted(int number, int runs, String runId, double secondsLeft);

  /**
   * A run ended by diverging; the others go on.
   *
   * @param runId the run
   * @param failure why
   */
  void runDiverged(String runId, String failure);

  /** All runs ended; their log is analysed. */
  void analysing();
}
