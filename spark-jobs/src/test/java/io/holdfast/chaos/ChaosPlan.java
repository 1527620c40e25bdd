package io.holdfast.chaos;

import java.util.List;
import java.util.Random;

/**
 * What one seed does: which run is disturbed, by what, and when.
 *
 * @param seed from 1
 * @param fault the disturbance
 * @param run what is trained
 * @param random for the choices that need to know more of the run
 */
record ChaosPlan(int seed, Fault fault, ChaosRun run, Random random) {

  /** The disturbances. */
  enum Fault {
    TASK_THROWS_IN_ROUND("a task throws in a round"),
    TASK_THROWS_AT_EPOCH_END("a task throws at the epoch's end"),
    TASK_INTERRUPTED("a task is interrupted"),
    EXECUTOR_HALTS_IN_ROUND("an executor halts in a round"),
    EXECUTOR_HALTS_IN_FOLD("an executor halts in the fold"),
    EXECUTOR_KILLED_DURING_COMMIT("an executor is killed during the commit"),
    ALL_EXECUTORS_KILLED("all executors are killed at once"),
    DRIVER_HALTS_AT_STEP("the driver halts at a step of creation or commit"),
    DRIVER_HALTS_IN_FOLD("the driver halts while tasks write"),
    DRIVER_HALTS_IN_FILE("the driver halts in the middle of a file"),
    DRIVER_KILLED("the driver is killed at any time"),
    DRIVER_SUSPENDED("the driver is suspended for longer than its lease"),
    SECOND_DRIVER("a second driver starts"),
    WORKER_DAEMON_KILLED("a worker daemon of a standalone cluster is killed"),
    TORN_PENDING("pending files are torn"),
    TORN_CHECKPOINT("a committed checkpoint is torn"),
    TORN_MANIFEST("a commit manifest is torn"),
    TORN_LOG("a committed file of the log is torn"),
    DISK_FULL("the disk is full");

    private final String words;

    Fault(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  /** Any {@code ROTATION.size()} consecutive seeds have these disturbances. */
  private static final List<Fault> ROTATION =
      List.of(
          Fault.TASK_THROWS_IN_ROUND,
          Fault.DRIVER_HALTS_AT_STEP,
          Fault.EXECUTOR_HALTS_IN_ROUND,
          Fault.TORN_PENDING,
          Fault.DRIVER_HALTS_IN_FOLD,
          Fault.EXECUTOR_HALTS_IN_FOLD,
          Fault.TASK_THROWS_AT_EPOCH_END,
          Fault.DRIVER_KILLED,
          Fault.TORN_CHECKPOINT,
          Fault.EXECUTOR_KILLED_DURING_COMMIT,
          Fault.DISK_FULL,
          Fault.TASK_INTERRUPTED,
          Fault.DRIVER_HALTS_AT_STEP,
          Fault.SECOND_DRIVER,
          Fault.ALL_EXECUTORS_KILLED,
          Fault.TORN_LOG,
          Fault.DRIVER_HALTS_IN_FILE,
          Fault.DRIVER_SUSPENDED,
          Fault.TORN_MANIFEST,
          Fault.WORKER_DAEMON_KILLED);

  static ChaosPlan of(int seed) {
    Random random = new Random(seed);
    Fault fault = ROTATION.get((seed - 1) % ROTATION.size());
    return new ChaosPlan(
        seed, fault, ChaosRun.ALL.get(random.nextInt(ChaosRun.ALL.size())), random);
  }

  /** An epoch that is neither the first nor the last. */
  int middleEpoch() {
    return 2 + random.nextInt(ChaosRun.EPOCHS - 2);
  }

  int anyEpoch() {
    return 1 + random.nextInt(ChaosRun.EPOCHS);
  }

  long between(long first, long last) {
    return first + (long) (random.nextDouble() * (last - first + 1));
  }

  /** The line that does the same again. */
  String replay() {
    return "mvn verify -Pchaos -Dholdfast.chaos.first=" + seed + " -Dholdfast.chaos.seeds=1";
  }

  @Override
  public String toString() {
    return "seed " + seed + ": " + fault.words() + ", method " + run.method();
  }
}
