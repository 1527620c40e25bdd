package io.holdfast.benchmark;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Times of the rounds of every epoch, as Spark's events tell them. */
final class RoundClock extends SparkListener {
  private static final Pattern ROUND = Pattern.compile(".* epoch (\\d+): round \\d+ of \\d+");
  private static final double MILLISECONDS = 1e-3;

  /** One epoch. */
  private static final class Epoch {
    private int jobs;
    private long started = Long.MAX_VALUE;
    private long ended;
    private final Map<Integer, Long> slowestTasks = new HashMap<>();
  }

  private final Map<Integer, Epoch> epochs = new HashMap<>();
  private final Map<Integer, Epoch> byJob = new HashMap<>();
  private final Map<Integer, Epoch> byStage = new HashMap<>();

  @Override
  public synchronized void onJobStart(SparkListenerJobStart job) {
    Matcher round = ROUND.matcher(job.properties().getProperty("spark.job.description", ""));
    if (!round.matches()) {
      return;
    }
    Epoch epoch = epochs.computeIfAbsent(Integer.valueOf(round.group(1)), number -> new Epoch());
    epoch.jobs++;
    epoch.started = Math.min(epoch.started, job.time());
    byJob.put(job.jobId(), epoch);
    job.stageIds().foreach(stage -> byStage.put((Integer) stage, epoch));
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd task) {
    Epoch epoch = byStage.get(task.stageId());
    if (epoch != null && task.taskMetrics() != null) {
      epoch.slowestTasks.merge(task.stageId(), task.taskMetrics().executorRunTime(), Math::max);
    }
  }

  @Override
  public synchronized void onJobEnd(SparkListenerJobEnd job) {
    Epoch epoch = byJob.get(job.jobId());
    if (epoch != null) {
      epoch.ended = Math.max(epoch.ended, job.time());
    }
  }

  /** Seconds from the start of the first round of an epoch to the end of the last. */
  synchronized double roundSeconds(int epoch) {
    Epoch found = epochs.get(epoch);
    return (found.ended - found.started) * MILLISECONDS;
  }

  /** Seconds in which the slowest task of each round of an epoch ran, in all. */
  synchronized double taskSeconds(int epoch) {
    return epochs.get(epoch).slowestTasks.values().stream().mapToLong(Long::longValue).sum()
        * MILLISECONDS;
  }

  /** Number of Spark jobs that the rounds of an epoch took. */
  synchronized int jobs(int epoch) {
    return epochs.get(epoch).jobs;
  }
}
