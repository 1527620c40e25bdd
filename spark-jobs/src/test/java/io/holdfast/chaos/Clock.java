package io.holdfast.chaos;

import io.holdfast.train.EpochSummary;
import io.holdfast.train.TrainingProgress;
import java.util.ArrayList;
import java.util.List;

/** Remembers when each round and each commit was done. */
class Clock implements TrainingProgress {
  private final List<Long> times = new ArrayList<>();

  @Override
  public void started(String runId, int epochs, int committed, long samples, int rounds) {}

  @Override
  public void epochStarted(int epoch) {}

  @Override
  public void roundDone(int round, long examples, double lossSum) {
    times.add(System.currentTimeMillis());
  }

  @Override
  public void epochCommitted(EpochSummary summary) {
    times.add(System.currentTimeMillis());
  }

  /** Milliseconds from a moment to what was done first after it. */
  long firstAfter(long moment) {
    return times.stream().filter(time -> time >= moment).findFirst().orElse(moment) - moment;
  }
}
