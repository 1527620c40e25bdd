package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.train.CommittedBytes;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.HdfsConstants.SafeModeAction;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data, logs and checkpoints on HDFS. */
class HdfsIT extends LocalSpark {
  @TempDir private static Path directory;
  private static HadoopProcess hadoop;
  private static DistributedFileSystem files;
  private static Map<String, String> undisturbed;

  @BeforeAll
  static void trainOnLocalFiles() throws Exception {
    spark();
    hadoop = HadoopProcess.start(directory.resolve("hadoop"), 0);
    files =
        (DistributedFileSystem)
            FileSystem.newInstance(URI.create(hadoop.path("/")), new Configuration());
    Recipe.SHORT_QUICKSTART.importTo(directory.resolve("data").toString());
    Recipe.SHORT_QUICKSTART.importTo(hadoop.path("/data"));
    Recipe.SHORT_QUICKSTART.trainHere("fer", directory.resolve("data"), directory.resolve("log"));
    undisturbed = CommittedBytes.of(directory.resolve("log").toString(), "fer");
    assertThat(undisturbed.keySet()).anyMatch(path -> path.contains("behaviours-00001"));
  }

  @AfterAll
  static void stop() throws IOException {
    if (hadoop != null) {
      files.close();
      hadoop.close();
    }
  }

  @Test
  void executorsLeaveTheSameBytesAndEveryCommandReadsThem() throws Exception {
    String log = hadoop.path("/log");
    Launched run =
        Launched.run(
            Map.of(),
            Recipe.SHORT_QUICKSTART.train(
                "fer",
                hadoop.path("/data"),
                log,
                "--master",
                "local-cluster[2,1,1024]",
                "--executor-memory",
                "1024m",
                "--outcome",
                hadoop.path("/outcome.json")));
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(CommittedBytes.of(log, "fer")).isEqualTo(undisturbed);
    assertThat(text("/outcome.json")).contains("\"exit_code\":0");
    assertThat(files.exists(path("/log/leases/fer.json"))).isFalse();

    assertThat(done("verify", "--log", log)).contains("0 of 1 runs have problems");
    assertThat(
            done("analyze", "--log", log, "--out", hadoop.path("/analysis"), "--summary", "json"))
        .contains("\"status\":\"analyzed\"");
    assertThat(done("compact", "--log", log, "--idle", "0")).contains("fer: compacted");
    assertThat(rows(log)).isEqualTo(rows(directory.resolve("log").toString()));
    assertThat(done("verify", "--log", log)).contains("0 of 1 runs have problems");
    done("analyze", "--log", log, "--out", hadoop.path("/analysis"), "--from-start");
    done("report", "--log", log, "--out", hadoop.path("/report.html"));
    assertThat(text("/report.html")).contains("</html>");
    assertThat(done("sql", "--log", log, "-e", "SELECT run_id FROM run_summary")).contains("fer");
    done("export", "--out", log, "--run-id", "fer", "--model", hadoop.path("/fer.zip"));
    assertThat(files.getFileStatus(path("/fer.zip")).getLen()).isPositive();
    assertThat(leftovers("/")).isEmpty();
  }

  @Test
  void aKilledDriverResumesToTheSameBytes() throws Exception {
    String log = hadoop.path("/killed");
    Process driver =
        Launched.start(
            Map.of(),
            directory.resolve("killed.err"),
            Recipe.SHORT_QUICKSTART.train(
                "fer", hadoop.path("/data"), log, "--master", "local[2]"));
    while (driver.isAlive() && !files.exists(path("/killed/runs/fer/commits/epoch-00001.json"))) {
      Thread.sleep(20);
    }
    driver.destroyForcibly().waitFor();
    assertThat(files.exists(path("/killed/runs/fer/commits/epoch-00001.json"))).isTrue();
    assertThat(files.exists(path("/killed/runs/fer/commits/epoch-00004.json"))).isFalse();
    assertThat(files.exists(path("/killed/leases/fer.json"))).isTrue();
    Launched run =
        Launched.run(Map.of(), "resume", "--master", "local[1]", "--out", log, "--run-id", "fer");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(CommittedBytes.of(log, "fer")).isEqualTo(undisturbed);
    assertThat(leftovers("/killed")).isEmpty();
  }

  @Test
  void ofManyWhoTakeALeaseAtOnceOneHasIt() throws Exception {
    org.apache.hadoop.fs.Path lease = new LogRoot(hadoop.path("/leased")).lease("run");
    for (int round = 0; round < 20; round++) {
      ExecutorService pool = Executors.newFixedThreadPool(8);
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Lease>> attempts = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        attempts.add(pool.submit(() -> take(lease, start)));
      }
      start.countDown();
      List<Lease> held = new ArrayList<>();
      for (Future<Lease> attempt : attempts) {
        if (attempt.get() != null) {
          held.add(attempt.get());
        }
      }
      pool.shutdown();
      assertThat(held).hasSize(1);
      held.get(0).requireHeld();
      held.get(0).close();
      assertThat(files.exists(lease)).isFalse();
    }
  }

  /** The lease; null where it was refused. */
  private static Lease take(org.apache.hadoop.fs.Path lease, CountDownLatch start)
      throws IOException, InterruptedException {
    // A client of its own, as another process has.
    Configuration conf = new Configuration();
    conf.setBoolean("fs.hdfs.impl.disable.cache", true);
    start.await();
    try {
      return Lease.acquire(conf, lease, "Run run", Duration.ofMinutes(1));
    } catch (HoldfastException e) {
      assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(ExitCode.REFUSED);
      return null;
    }
  }

  @Test
  void aPathWithoutPermissionIsToldInOneLine() throws Exception {
    files.mkdirs(path("/mine"), new FsPermission((short) 0755));
    Map<String, String> guest = Map.of("HADOOP_USER_NAME", "guest");
    Launched training =
        Launched.run(
            guest,
            Recipe.SHORT_QUICKSTART.train(
                "fer", hadoop.path("/data"), hadoop.path("/mine/log"), "--master", "local[2]"));
    assertThat(training.exitCode()).as(training.err()).isEqualTo(6);
    assertThat(training.told())
        .singleElement()
        .asString()
        .contains("/mine/log", "Permission denied: user=guest, access=WRITE")
        .doesNotContain("\tat ", " at org.");
    Launched importing =
        Launched.run(
            guest,
            "import",
            "--format",
            "csv",
            "--input",
            io.holdfast.TestData.projectFile("conf/data/digits.csv").toString(),
            "--output",
            hadoop.path("/mine/data"));
    assertThat(importing.exitCode()).as(importing.err()).isEqualTo(6);
    assertThat(importing.told())
        .singleElement()
        .asString()
        .contains("Permission denied: user=guest");
    assertThat(files.listStatus(path("/mine"))).isEmpty();
  }

  @Test
  void safeModeIsToldInOneLineAndTheLastCommitStays() throws Exception {
    String log = hadoop.path("/safe");
    train(log, "kept");
    Map<String, String> before = CommittedBytes.of(log, "kept");
    files.setSafeMode(SafeModeAction.SAFEMODE_ENTER);
    try {
      CommandRun training = trainHere(log, "other");
      assertThat(training.exitCode()).isEqualTo(6);
      assertThat(training.err().lines().toList())
          .singleElement()
          .asString()
          .startsWith("holdfast: ")
          .contains("safe mode")
          .doesNotContain(" at org.");
      CommandRun compaction = CommandRun.of("compact", "--log", log, "--idle", "0");
      assertThat(compaction.exitCode()).isEqualTo(6);
      assertThat(compaction.err()).contains("safe mode");
      assertThat(CommittedBytes.of(log, "kept")).isEqualTo(before);
    } finally {
      files.setSafeMode(SafeModeAction.SAFEMODE_LEAVE);
    }
    train(log, "other");
    assertThat(CommittedBytes.of(log, "kept")).isEqualTo(before);
  }

  @Test
  void aNameNodeThatDoesNotAnswerIsToldInOneLine() throws Exception {
    CommandRun nobody =
        CommandRun.of("verify", "--log", "hdfs://localhost:1/log", "--outcome", outcome());
    assertThat(nobody.exitCode()).isEqualTo(6);
    assertThat(nobody.err().lines().toList()).singleElement().asString().contains("localhost:1");

    train(hadoop.path("/silent"), "kept");
    hadoop.suspend();
    try {
      Launched verification =
          Launched.run(
              Map.of(),
              "verify",
              "--master",
              "local[1]",
              "--spark-conf",
              "spark.hadoop.ipc.client.rpc-timeout.ms=5000",
              "--log",
              hadoop.path("/silent"),
              "--outcome",
              outcome());
      assertThat(verification.exitCode()).as(verification.err()).isEqualTo(6);
      assertThat(verification.told()).singleElement().asString().contains("imeout");
      assertThat(java.nio.file.Files.readString(directory.resolve("outcome.json")))
          .contains("\"exit_code\":6", "imeout");
    } finally {
      hadoop.goOn();
    }
    assertThat(done("verify", "--log", hadoop.path("/silent")))
        .contains("0 of 1 runs have problems");
  }

  private static String outcome() {
    return directory.resolve("outcome.json").toString();
  }

  private static void train(String log, String runId) {
    CommandRun run = trainHere(log, runId);
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private static CommandRun trainHere(String log, String runId) {
    return CommandRun.of(
        "train",
        "--data",
        hadoop.path("/data"),
        "--out",
        log,
        "--run-id",
        runId,
        "--conf",
        "method=std",
        "--conf",
        "train.epochs=1",
        "--conf",
        "model.hidden=16");
  }

  private static String done(String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.out();
  }

  private static org.apache.hadoop.fs.Path path(String absolute) {
    return new org.apache.hadoop.fs.Path(hadoop.path(absolute));
  }

  private static String text(String absolute) throws IOException {
    try (var in = files.open(path(absolute))) {
      return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  /** Files that nobody needs any more. */
  private static List<String> leftovers(String absolute) throws IOException {
    List<String> found = new ArrayList<>();
    var all = files.listFiles(path(absolute), true);
    while (all.hasNext()) {
      org.apache.hadoop.fs.Path file = all.next().getPath();
      String name = file.getName();
      if (name.startsWith("_") && !name.equals("_SUCCESS") && !name.equals("_generation")) {
        found.add(file.toString());
      }
    }
    return found;
  }

  /** SHA-256 of the sorted rows of each table of a log, in whatever files they lie. */
  private static Map<String, String> rows(String root) throws Exception {
    Map<String, String> hashes = new TreeMap<>();
    for (String table : List.of("predictions", "prediction_vectors")) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Row row :
          spark()
              .read()
              .parquet(root + "/" + table + "/run_id=fer")
              .orderBy("split", "phase", "epoch", "sample_id")
              .collectAsList()) {
        digest.update(row.mkString("|").getBytes(StandardCharsets.UTF_8));
      }
      hashes.put(table, HexFormat.of().formatHex(digest.digest()));
    }
    return hashes;
  }
}
