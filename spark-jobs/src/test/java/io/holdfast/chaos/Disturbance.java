package io.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.CommandRun;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.chaos.ChaosFileSystem.Action;
import io.holdfast.chaos.ChaosFileSystem.Where;
import io.holdfast.train.EpochSummary;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One seed: disturbs a run and lets it recover.
 *
 * @param plan what is done
 * @param setting where
 * @param undisturbed the same run without disturbance
 * @param log of the disturbed run
 * @param marker file that says when a task or an executor was struck
 */
record Disturbance(
    ChaosPlan plan,
    ChaosSetting setting,
    ChaosSetting.Undisturbed undisturbed,
    Path log,
    Path marker) {

  /** Disturbs a run and lets it recover; returns how long that took, in milliseconds. */
  long execute() throws Exception {
    return switch (plan.fault()) {
      case TASK_THROWS_IN_ROUND -> inTask(round(), ExecutorFaults.Action.THROW, 0);
      case TASK_THROWS_AT_EPOCH_END -> inTask(epochEnd(), ExecutorFaults.Action.THROW, 0);
      case TASK_INTERRUPTED ->
          inTask(
              plan.random().nextBoolean() ? round() : epochEnd(),
              ExecutorFaults.Action.INTERRUPT,
              plan.between(0, 5));
      case EXECUTOR_HALTS_IN_ROUND ->
          inTask(round(), ExecutorFaults.Action.HALT, plan.between(0, 20));
      case EXECUTOR_HALTS_IN_FOLD ->
          inTask(epochEnd(), ExecutorFaults.Action.HALT_AT_FILE, plan.between(1, 6));
      case EXECUTOR_KILLED_DURING_COMMIT ->
          atDriverStep(executors -> executors.get(0).destroyForcibly());
      case ALL_EXECUTORS_KILLED ->
          atDriverStep(executors -> executors.forEach(ProcessHandle::destroyForcibly));
      case DRIVER_HALTS_AT_STEP ->
          driverHalts(Where.DRIVER, plan.between(1, undisturbed.driverChanges()));
      case DRIVER_HALTS_IN_FOLD -> driverHalts(Where.TASK, plan.between(1, taskChanges()));
      case DRIVER_HALTS_IN_FILE -> driverHalts(Where.BYTES, plan.between(1, bytes()));
      case DRIVER_KILLED -> driverKilled();
      case DRIVER_SUSPENDED -> driverSuspended();
      case SECOND_DRIVER -> secondDriver();
      case WORKER_DAEMON_KILLED -> workerDaemonKilled();
      case TORN_PENDING -> tornPending();
      case TORN_CHECKPOINT -> tornCheckpoint();
      case TORN_MANIFEST -> tornManifest();
      case TORN_LOG -> tornLog();
      case DISK_FULL -> diskFull();
    };
  }

  private String round() {
    return "epoch " + plan.anyEpoch() + ": round " + plan.between(1, 3) + " of";
  }

  private String epochEnd() {
    return "epoch " + plan.anyEpoch() + ": behaviours";
  }

  private String location() {
    return ChaosFileSystem.location(log);
  }

  private long inTask(String job, ExecutorFaults.Action action, long number) throws IOException {
    setting
        .spark()
        .sparkContext()
        .setLocalProperty(
            ExecutorFaults.PROPERTY,
            new ExecutorFaults.Fault(job, action, number, marker).toString());
    Clock clock = new Clock();
    setting.train(plan.run(), location(), clock);
    assertThat(marker).as("the fault struck").exists();
    return clock.firstAfter(Files.getLastModifiedTime(marker).toMillis());
  }

  /** Kills executors before some change of files by the driver in a middle epoch. */
  private long atDriverStep(Consumer<List<ProcessHandle>> kill) {
    long step = plan.between(undisturbed.driverChanges() / 4, undisturbed.driverChanges() / 2);
    long[] moment = new long[1];
    ChaosFileSystem.arm(null);
    ChaosFileSystem.listen(
        path -> {
          if (moment[0] == 0 && ChaosFileSystem.counted(Where.DRIVER) >= step) {
            moment[0] = System.currentTimeMillis();
            List<ProcessHandle> executors = ChaosCluster.executors();
            assertThat(executors).isNotEmpty();
            kill.accept(executors);
          }
        });
    Clock clock = new Clock();
    setting.train(plan.run(), location(), clock);
    assertThat(moment[0]).as("the fault struck").isPositive();
    return clock.firstAfter(moment[0]);
  }

  private DriverProcess process(Map<String, String> more) throws IOException {
    Map<String, String> properties = new HashMap<>(Map.of("spark.master", "local[2]"));
    properties.putAll(more);
    return DriverProcess.train(
        log.resolveSibling(log.getFileName() + ".out"),
        properties,
        plan.run(),
        setting.data(),
        location());
  }

  private static Map<String, String> armed(Action action, Where where, long number) {
    return Map.of(
        ChaosFileSystem.PROPERTY, new ChaosFileSystem.Fault(action, where, number).toString());
  }

  /** Files that tasks of the undisturbed run wrote, each created and renamed. */
  private long taskChanges() {
    return 2 * taskFiles().count();
  }

  private Stream<Path> taskFiles() {
    try {
      return ChaosLog.files(undisturbed.log()).stream()
          .filter(file -> file.getFileName().toString().matches(".*(shard-|behaviours-).*"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private long bytes() throws IOException {
    return ChaosLog.files(undisturbed.log()).stream()
        .mapToLong(file -> file.toFile().length())
        .sum();
  }

  private long driverHalts(Where where, long number) throws Exception {
    DriverProcess driver = process(armed(Action.HALT, where, number));
    assertThat(driver.await()).as(driver.said()).isEqualTo(137);
    return goOn();
  }

  private long driverKilled() throws Exception {
    DriverProcess driver = process(Map.of());
    Path record = log.resolve("runs/" + ChaosRun.ID + "/run.json");
    while (driver.isAlive() && !Files.exists(record)) {
      Thread.sleep(5);
    }
    Thread.sleep(plan.between(0, 3000));
    driver.kill();
    return goOn();
  }

  /**
   * Resumes in this process, or trains anew where nothing of the run exists. A driver that dies in
   * the instant in which it renews its lease leaves an empty file, which nobody can be asked about:
   * it is taken over once the lease's time is up.
   */
  private long goOn() throws InterruptedException {
    long started = System.currentTimeMillis();
    Clock clock = new Clock();
    boolean resume = Files.exists(log.resolve("runs/" + ChaosRun.ID + "/run.json"));
    try {
      job(resume, clock).execute();
    } catch (HoldfastException e) {
      if (e.exitCode() != ExitCode.REFUSED || !leaseIsEmpty()) {
        throw e;
      }
      Thread.sleep(2 * ChaosCluster.LEASE_TIMEOUT.toMillis());
      job(resume, clock).execute();
    }
    return clock.firstAfter(started);
  }

  private TrainJob job(boolean resume, Clock clock) {
    return new TrainJob(
        setting.spark(),
        new TrainOptions(
            resume ? Map.of() : plan.run().config(),
            setting.data(),
            location(),
            ChaosRun.ID,
            false,
            resume),
        clock);
  }

  private boolean leaseIsEmpty() {
    return log.resolve("leases/" + ChaosRun.ID + ".json").toFile().length() == 0;
  }

  private long driverSuspended() throws Exception {
    long step = plan.between(undisturbed.driverChanges() / 4, undisturbed.driverChanges() / 2);
    DriverProcess driver = process(armed(Action.SUSPEND, Where.DRIVER, step));
    while (driver.isAlive() && !isStopped(driver)) {
      Thread.sleep(20);
    }
    long suspended = System.currentTimeMillis();
    HoldfastException refused = null;
    while (true) {
      try {
        goOn();
        break;
      } catch (HoldfastException e) {
        refused = e;
        Thread.sleep(200);
      }
    }
    long recovery = System.currentTimeMillis() - suspended;
    assertThat(refused).as("refused within the timeout").isNotNull();
    assertThat(refused.exitCode().code()).isEqualTo(5);
    ChaosFileSystem.signal("CONT", driver.id());
    assertThat(driver.await()).as(driver.said()).isEqualTo(5);
    // What it was writing when it woke up.
    ChaosLog.commits(log).discardPending(ChaosRun.ID);
    return recovery;
  }

  private static boolean isStopped(DriverProcess driver) throws IOException {
    return Files.readString(Path.of("/proc/" + driver.id() + "/stat")).contains(") T ");
  }

  private long secondDriver() throws Exception {
    DriverProcess[] second = new DriverProcess[1];
    int epoch = plan.middleEpoch() - 1;
    Clock clock =
        new Clock() {
          @Override
          public void epochCommitted(EpochSummary summary) {
            super.epochCommitted(summary);
            if (summary.epoch() == epoch) {
              try {
                second[0] =
                    DriverProcess.resume(
                        log.resolveSibling(log.getFileName() + ".second"),
                        Map.of("spark.master", "local[1]"),
                        log.toString());
                while (second[0].isAlive()) {
                  Thread.sleep(20);
                }
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
          }
        };
    setting.train(plan.run(), location(), clock);
    assertThat(second[0].await()).as(second[0].said()).isEqualTo(5);
    assertThat(second[0].complaint()).contains("is being written by process");
    return 0;
  }

  private long workerDaemonKilled() throws Exception {
    StandaloneCluster cluster = setting.cluster();
    DriverProcess driver = process(cluster.settings());
    Path first = ChaosLog.manifest(log, 1);
    while (driver.isAlive() && !Files.exists(first)) {
      Thread.sleep(5);
    }
    long killed = System.currentTimeMillis();
    int worker = 1 + plan.random().nextInt(2);
    cluster.killWorker(worker);
    Path second = ChaosLog.manifest(log, 2);
    while (driver.isAlive() && !Files.exists(second)) {
      Thread.sleep(20);
    }
    long recovery = System.currentTimeMillis() - killed;
    assertThat(driver.await()).as(driver.said()).isZero();
    return recovery;
  }

  /** Leaves a run as a driver leaves it that stops before a change of files. */
  private void stopAt(long step) {
    ChaosFileSystem.arm(new ChaosFileSystem.Fault(Action.STOP, Where.DRIVER, step));
    Throwable stopped = catchThrowable(() -> setting.train(plan.run(), location(), new Clock()));
    ChaosFileSystem.arm(null);
    assertThat(stopped).isNotNull();
  }

  private long middleStep() {
    return plan.between(undisturbed.driverChanges() * 2 / 5, undisturbed.driverChanges() * 4 / 5);
  }

  private long tornPending() throws Exception {
    stopAt(middleStep());
    List<String> listed =
        ChaosLog.commits(log).manifests(ChaosRun.ID).stream()
            .flatMap(manifest -> manifest.files().stream())
            .map(LoggedFile::path)
            .toList();
    for (Path file : ChaosLog.files(log)) {
      String name = log.relativize(file).toString();
      String published = name.replace("/_epoch-", "/epoch-");
      if ((name.startsWith("predict") || name.contains("/checkpoints/") || name.contains("/_"))
          && !name.startsWith("leases")
          && !listed.contains(published)) {
        ChaosLog.tear(file, plan.random());
      }
    }
    return goOn();
  }

  /** The last committed epoch of a run that was stopped. */
  private int lastEpoch() {
    List<Integer> epochs = ChaosLog.commits(log).committedEpochs(ChaosRun.ID);
    return epochs.get(epochs.size() - 1);
  }

  private CommandRun resume() {
    return CommandRun.of("resume", "--out", log.toString(), "--run-id", ChaosRun.ID);
  }

  private void assertNamed(CommandRun refused, Path file) {
    assertThat(refused.exitCode()).as(refused.err()).isEqualTo(4);
    assertThat(refused.err().lines()).hasSize(1);
    assertThat(refused.err()).contains(file.getFileName().toString());
  }

  private long tornCheckpoint() throws Exception {
    stopAt(middleStep());
    Path checkpoint =
        log.resolve(
            String.format(Locale.ROOT, "runs/%s/checkpoints/epoch-%05d", ChaosRun.ID, lastEpoch()));
    List<Path> files = // An empty file cannot be torn.
        ChaosLog.files(checkpoint).stream().filter(file -> file.toFile().length() > 0).toList();
    Path file = files.get(plan.random().nextInt(files.size()));
    return tornAndHealed(file, false);
  }

  private long tornManifest() throws Exception {
    stopAt(middleStep());
    return tornAndHealed(ChaosLog.manifest(log, lastEpoch()), true);
  }

  /** Refused, with the file named and nothing changed; goes on when the file is whole again. */
  private long tornAndHealed(Path file, boolean cut) throws Exception {
    byte[] whole = Files.readAllBytes(file);
    if (cut) {
      ChaosLog.cut(file, plan.random());
    } else {
      ChaosLog.tear(file, plan.random());
    }
    List<Integer> before = ChaosLog.commits(log).committedEpochs(ChaosRun.ID);
    assertNamed(resume(), file);
    assertThat(ChaosLog.commits(log).committedEpochs(ChaosRun.ID)).isEqualTo(before);
    Files.write(file, whole);
    return goOn();
  }

  private long tornLog() throws Exception {
    setting.train(plan.run(), location(), new Clock());
    List<Path> files =
        ChaosLog.files(log).stream().filter(file -> file.toString().endsWith(".parquet")).toList();
    Path file = files.get(plan.random().nextInt(files.size()));
    byte[] whole = Files.readAllBytes(file);
    ChaosLog.tear(file, plan.random());
    CommandRun verified = CommandRun.of("verify", "--log", log.toString());
    assertThat(verified.exitCode()).as(verified.out() + verified.err()).isEqualTo(4);
    assertThat(verified.out() + verified.err()).contains(file.getFileName().toString());
    Files.write(file, whole);
    return 0;
  }

  private long diskFull() throws Exception {
    DriverProcess driver = process(armed(Action.FULL, Where.BYTES, plan.between(1, bytes())));
    assertThat(driver.await()).as(driver.said()).isEqualTo(6);
    assertThat(driver.complaint()).contains("No space left on device");
    return goOn();
  }
}
