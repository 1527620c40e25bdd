package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.ObjectStores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs under {@code s3a://}, on a file system with an object store's semantics. */
class ObjectStoreTest extends LocalSpark {
  @TempDir private Path directory;

  private static Configuration hadoop() {
    return spark().sparkContext().hadoopConfiguration();
  }

  @BeforeEach
  void mount() {
    hadoop().set("fs.s3a.impl", LocalObjectStore.class.getName());
    hadoop().setBoolean("fs.s3a.impl.disable.cache", true);
    LocalObjectStore.RENAMED.clear();
  }

  @AfterEach
  void unmount() {
    LocalObjectStore.breaksAt = null;
    LocalObjectStore.deletions = Integer.MAX_VALUE;
    for (String key : List.of("fs.s3a.impl", "fs.s3a.impl.disable.cache", ObjectStores.COMMIT)) {
      hadoop().unset(key);
    }
  }

  private String inStore(String name) {
    return "s3a://bucket" + directory.resolve(name);
  }

  private CommandRun train(String out, String... more) {
    List<String> line = new ArrayList<>(List.of("train", "--data", TestData.digits()));
    line.addAll(List.of("--out", out, "--run-id", "fer"));
    for (String key :
        List.of("method=fer", "train.epochs=2", "train.workers=2", "model.hidden=16")) {
      line.addAll(List.of("--conf", key));
    }
    line.addAll(List.of(more));
    return CommandRun.of(line.toArray(String[]::new));
  }

  private static void done(CommandRun run) {
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private static void assertRefused(CommandRun run) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
    assertThat(run.err().lines().toList())
        .singleElement()
        .asString()
        .contains("s3a://bucket/", "is in an object store", "spark.hadoop." + ObjectStores.COMMIT);
  }

  @Test
  void whoeverWritesIsRefusedUntilTheUserVouches() throws Exception {
    assertRefused(train(inStore("log")));
    assertThat(directory).isEmptyDirectory();
    Path log = directory.resolve("log");
    done(train(log.toString()));
    assertRefused(CommandRun.of("compact", "--log", inStore("log")));
    for (String setting : new String[] {null, "put"}) {
      if (setting != null) {
        hadoop().set(ObjectStores.COMMIT, setting);
      }
      assertRefused(
          CommandRun.of(
              "import",
              "--format",
              "csv",
              "--input",
              TestData.projectFile("conf/data/digits.csv").toString(),
              "--output",
              inStore("data")));
      assertRefused(
          CommandRun.of("analyze", "--log", log.toString(), "--out", inStore("analysis")));
      assertRefused(CommandRun.of("metrics", "--log", log.toString(), "--out", inStore("metrics")));
    }
    try (var left = Files.list(directory)) {
      assertThat(left.toList()).containsExactly(log);
    }
  }

  @Test
  void anUnknownPromiseIsRefused() {
    hadoop().set(ObjectStores.COMMIT, "copy");
    CommandRun run = train(inStore("log"));
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("copy", "expected put or rename");
  }

  @Test
  void manifestsAreObjectsOfTheirOwnAndTheBytesAreThoseOfALocalRun() {
    done(train(directory.resolve("local").toString()));
    hadoop().set(ObjectStores.COMMIT, "put");
    done(train(inStore("log")));
    assertThat(CommittedBytes.of(directory.resolve("log"), "fer"))
        .isEqualTo(CommittedBytes.of(directory.resolve("local"), "fer"));
    assertThat(LocalObjectStore.RENAMED).isNotEmpty().noneMatch(name -> name.contains("/commits/"));
    done(
        CommandRun.of(
            "analyze", "--log", inStore("log"), "--out", directory.resolve("read").toString()));
  }

  @Test
  void aCopyThatStopsHalfWayIsMadeAgainByResume() {
    done(train(directory.resolve("local").toString()));
    hadoop().set(ObjectStores.COMMIT, "put");
    List<String> places = new ArrayList<>();
    // A data file that gets its pending name, a file of the checkpoint, a data file published.
    for (String place :
        List.of(
            "phase=train_pass/_epoch-00002.shard-00001",
            "epoch-00002/parameters",
            "phase=train_pass/epoch-00002.shard-00000")) {
      String log = "log-" + places.size();
      LocalObjectStore.breaksAt = place;
      CommandRun run = train(inStore(log));
      assertThat(run.exitCode()).as(run.err()).isEqualTo(6);
      assertThat(run.err()).contains("connection was lost");
      LocalObjectStore.breaksAt = null;
      done(CommandRun.of("resume", "--out", inStore(log), "--run-id", "fer"));
      assertThat(CommittedBytes.of(directory.resolve(log), "fer"))
          .isEqualTo(CommittedBytes.of(directory.resolve("local"), "fer"));
      places.add(place);
    }
  }

  @Test
  void whatIsLeftOfARunThatWasBeingReplacedIsNotResumed() {
    hadoop().set(ObjectStores.COMMIT, "put");
    done(train(inStore("log")));
    for (int deletions : new int[] {1, 2}) {
      LocalObjectStore.deletions = deletions;
      CommandRun run = train(inStore("log"), "--overwrite");
      assertThat(run.exitCode()).as(run.err()).isEqualTo(6);
      assertThat(run.err()).contains("connection was lost");
      LocalObjectStore.deletions = Integer.MAX_VALUE;
      CommandRun resumed = CommandRun.of("resume", "--out", inStore("log"), "--run-id", "fer");
      assertThat(resumed.exitCode()).isEqualTo(3);
      assertThat(resumed.err()).contains("No run fer");
    }
    done(train(inStore("log"), "--overwrite"));
    done(train(directory.resolve("local").toString()));
    assertThat(CommittedBytes.of(directory.resolve("log"), "fer"))
        .isEqualTo(CommittedBytes.of(directory.resolve("local"), "fer"));
  }

  /** What is committed is published later, by whoever finds it. */
  @Test
  void aScoringWhosePublicationFailsStays() {
    hadoop().set(ObjectStores.COMMIT, "put");
    done(train(inStore("log")));
    LocalObjectStore.breaksAt = "split=test-scored/phase=eval/epoch-00002";
    CommandRun run =
        CommandRun.of(
            "evaluate", "--out", inStore("log"), "--run-id", "fer", "--data", TestData.digits());
    assertThat(run.exitCode()).as(run.err()).isEqualTo(6);
    assertThat(run.err()).contains("connection was lost");
    LocalObjectStore.breaksAt = null;
    Commits commits = new Commits(hadoop(), new LogRoot(inStore("log")));
    List<CommitManifest> scorings =
        commits.manifests("fer").stream()
            .filter(manifest -> manifest.kind() == CommitManifest.Kind.EVALUATION)
            .toList();
    assertThat(scorings).hasSize(1);
    commits.verifyFiles(scorings.get(0));
    commits.publish("fer");
    commits.verifyFiles(scorings.get(0));
  }
}
