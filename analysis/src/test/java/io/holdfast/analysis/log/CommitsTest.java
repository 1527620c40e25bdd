package io.holdfast.analysis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommitsTest {
  private static final String RUN = "std-1";

  @TempDir Path directory;
  private LogRoot root;
  private Commits commits;

  @BeforeEach
  void open() {
    root = new LogRoot(directory.toString());
    commits = new Commits(new Configuration(), root);
  }

  private List<LoggedFile> write(int epoch) {
    return PredictionWriterTest.write(root, new LogPart(RUN, "test", LogPart.EVAL, epoch, 0), 20);
  }

  private List<String> files() throws IOException {
    return PredictionWriterTest.regularFiles(directory);
  }

  private static void assertFails(ThrowingCallable call, ExitCode code, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
        .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
  }

  @Test
  void aCommitMakesAllFilesOfAnEpochVisible() throws Exception {
    List<LoggedFile> written = write(1);
    CommitManifest manifest =
        CommitManifest.ofEpoch(RUN, 1, written, Map.of("loss", 0.5, "splits", List.of("test")));
    commits.commit(manifest);

    assertThat(files())
        .containsExactlyInAnyOrder(
            written.get(0).path(), written.get(1).path(), "runs/std-1/commits/epoch-00001.json");
    assertThat(commits.committedEpochs(RUN)).containsExactly(1);
    assertThat(commits.read(RUN, 1)).isEqualTo(manifest);
    assertThat(commits.manifests(RUN)).containsExactly(manifest);
    commits.verifyFiles(manifest);
  }

  @Test
  void aFileThatIsNoLogCountsUnderItsFinalName() throws Exception {
    Path checkpoint = directory.resolve("runs/std-1/checkpoints/epoch-00001/parameters.bin");
    Files.createDirectories(checkpoint.getParent());
    Files.write(checkpoint, new byte[0]);
    LoggedFile file =
        new LoggedFile(
            "runs/std-1/checkpoints/epoch-00001/parameters.bin",
            0,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CommitManifest manifest = CommitManifest.ofEpoch(RUN, 1, List.of(file), Map.of());
    commits.commit(manifest);
    commits.verifyFiles(manifest);
    assertThat(checkpoint).exists();
  }

  @Test
  void anEpochIsCommittedOnce() {
    CommitManifest manifest = CommitManifest.ofEpoch(RUN, 1, write(1), Map.of());
    commits.commit(manifest);
    assertFails(() -> commits.commit(manifest), ExitCode.REFUSED, "epoch-00001.json exists");
  }

  @Test
  void anEvaluationHasAManifestOfItsOwn() throws Exception {
    commits.commit(CommitManifest.ofEvaluation(RUN, "test", 20, write(20), Map.of()));
    assertThat(files()).contains("runs/std-1/commits/evaluation.test.epoch-00020.json");
    assertThat(commits.committedEpochs(RUN)).isEmpty();
    assertThat(commits.manifests(RUN)).hasSize(1);
  }

  @Test
  void aCommitOfAFileThatIsNotThereChangesNothing() throws Exception {
    List<LoggedFile> written = write(1);
    Path pending =
        directory.resolve(LogRoot.pending(root.resolve(written.get(1).path())).toUri().getPath());
    Files.delete(pending);
    assertFails(
        () -> commits.commit(CommitManifest.ofEpoch(RUN, 1, written, Map.of())),
        ExitCode.INFRASTRUCTURE,
        written.get(1).path() + " has no bytes, expected " + written.get(1).bytes());
    assertThat(commits.committedEpochs(RUN)).isEmpty();
    assertThat(files()).hasSize(1);
  }

  @Test
  void aProcessThatDiesBeforeTheManifestLeavesNoEpoch() throws Exception {
    commits.commit(CommitManifest.ofEpoch(RUN, 1, write(1), Map.of()));
    List<String> before = files();
    write(2);
    Files.writeString(directory.resolve("runs/std-1/commits/_tmp-1-epoch-00002.json"), "{");
    Files.writeString(
        directory.resolve(
            "predictions/run_id=std-1/split=test/phase=eval/_tmp-1-epoch-00002.parquet"),
        "");
    Path checkpoint =
        Files.createDirectories(directory.resolve("runs/std-1/checkpoints/epoch-00002"));
    Files.writeString(checkpoint.resolve("_updater.f32.1"), "half a fi");

    assertThat(commits.committedEpochs(RUN)).containsExactly(1);
    assertThat(commits.manifests(RUN)).hasSize(1);
    commits.discardPending(RUN);
    assertThat(files()).isEqualTo(before);
    commits.verifyFiles(commits.read(RUN, 1));
  }

  @Test
  void whatKilledAttemptsLeftBesideCommittedFilesIsDeletedAtTheEnd() throws Exception {
    List<LoggedFile> written = write(1);
    commits.commit(CommitManifest.ofEpoch(RUN, 1, written, Map.of()));
    List<String> before = files();
    Path file = directory.resolve(written.get(0).path());
    Files.writeString(file.resolveSibling("_tmp-1-" + file.getFileName()), "half a fi");
    commits.discardAttempts(RUN);
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void whatScoringsWriteIsLeftToThem() throws Exception {
    commits.commit(CommitManifest.ofEpoch(RUN, 1, write(1), Map.of()));
    Path manifests = directory.resolve("runs/std-1/commits");
    PredictionWriterTest.write(root, new LogPart(RUN, "test-scored", LogPart.EVAL, 1, 0), 20);
    Files.writeString(manifests.resolve("_tmp-1-evaluation.test-scored.epoch-00001.json"), "{");
    List<String> before = files();
    write(2);
    Files.writeString(manifests.resolve("_tmp-1-epoch-00002.json"), "{");
    commits.discardPending(RUN);
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void aProcessThatDiesAfterTheManifestLeavesAnEpochWhosePublicationIsFinishedLater()
      throws Exception {
    List<LoggedFile> written = write(1);
    CommitManifest manifest = CommitManifest.ofEpoch(RUN, 1, written, Map.of());
    commits.commit(manifest);
    List<String> published = files();
    // One of two renames was done.
    Path file = directory.resolve(written.get(1).path());
    Files.move(file, file.resolveSibling("_" + file.getFileName()));
    write(2);

    assertThat(commits.locate(written.get(0)).getPath().getName()).startsWith("epoch");
    assertThat(commits.locate(written.get(1)).getPath().getName()).startsWith("_epoch");
    commits.verifyFiles(manifest);
    commits.discardPending(RUN);
    assertThat(files()).isEqualTo(published);
    commits.publish(RUN);
    commits.discardPending(RUN);
    assertThat(files()).isEqualTo(published);
    commits.verifyFiles(manifest);
  }

  @Test
  void aTaskAttemptThatFinishesAfterTheCommitLeavesTheCommittedFile() throws Exception {
    CommitManifest manifest = CommitManifest.ofEpoch(RUN, 1, write(1), Map.of());
    commits.commit(manifest);
    List<String> published = files();
    write(1);
    commits.publish(RUN);
    assertThat(files()).isEqualTo(published);
    commits.verifyFiles(manifest);
  }

  @Test
  void whatIsGoingToReplaceAScoringWaits() throws Exception {
    CommitManifest manifest =
        CommitManifest.ofEvaluation(RUN, "test-scored", 1, scored(1), Map.of());
    commits.commit(manifest);
    assertFails(
        () -> commits.requirePending(manifest), ExitCode.INFRASTRUCTURE, "has no bytes, expected");
    scored(1);
    List<String> before = files();
    commits.publish(RUN);
    commits.publish(manifest);
    assertThat(files()).isEqualTo(before);
    commits.requirePending(manifest);
  }

  private List<LoggedFile> scored(int epoch) {
    LogPart part = new LogPart(RUN, "test-scored", LogPart.EVAL, epoch, 0);
    return PredictionWriterTest.write(root, part, 20);
  }

  /** On file systems that say so of a file that is gone, and on those that answer false. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAnotherProcessPublishesAtTheSameTimeStays(boolean refuses) throws Exception {
    List<LoggedFile> written = write(1);
    CommitManifest manifest = CommitManifest.ofEpoch(RUN, 1, written, Map.of());
    commits.commit(manifest);
    List<String> published = files();
    Path file = directory.resolve(written.get(1).path());
    Path pending = Files.move(file, file.resolveSibling("_" + file.getFileName()));
    Commits racing =
        new Commits(RacingFileSystem.conf(), new LogRoot(RacingFileSystem.location(directory)));
    RacingFileSystem.overtake(new org.apache.hadoop.fs.Path(pending.toString()), refuses);
    racing.publish(RUN);
    assertThat(files()).isEqualTo(published);
    commits.verifyFiles(manifest);
  }

  @Test
  void aFileThatIsGoneBeforeItsPublicationIsMissed() throws Exception {
    Path there = Files.writeString(directory.resolve("there"), "committed");
    RacingFileSystem.overtake(null, true);
    for (String scheme : List.of("file", "race")) {
      assertThatThrownBy(
              () ->
                  LogFiles.replace(
                      target(scheme, "there").getFileSystem(RacingFileSystem.conf()),
                      target(scheme, "_gone"),
                      target(scheme, "there")))
          .isInstanceOf(FileNotFoundException.class);
      assertThat(there).hasContent("committed");
    }
  }

  private org.apache.hadoop.fs.Path target(String scheme, String name) {
    return new org.apache.hadoop.fs.Path(scheme + "://" + directory, name);
  }

  @Test
  void anotherRunsFilesAreLeftAlone() throws Exception {
    PredictionWriterTest.write(root, new LogPart("std-12", "test", LogPart.EVAL, 1, 0), 5);
    commits.discardPending(RUN);
    assertThat(files()).hasSize(2);
  }

  @Test
  void aMissingShorterOrAlteredFileIsNamed() throws Exception {
    List<LoggedFile> written = write(1);
    CommitManifest manifest = CommitManifest.ofEpoch(RUN, 1, written, Map.of());
    commits.commit(manifest);
    Path file = directory.resolve(written.get(0).path());
    byte[] bytes = Files.readAllBytes(file);

    bytes[50] ^= 1;
    Files.write(file, bytes);
    assertFails(
        () -> commits.verifyFiles(manifest),
        ExitCode.BAD_LOG,
        written.get(0).path() + " has SHA-256 ",
        "expected " + written.get(0).sha256());
    Files.write(file, new byte[10]);
    assertFails(
        () -> commits.verifyFiles(manifest),
        ExitCode.BAD_LOG,
        written.get(0).path() + " has 10 bytes, expected " + bytes.length);
    Files.delete(file);
    assertFails(
        () -> commits.verifyFiles(manifest),
        ExitCode.BAD_LOG,
        written.get(0).path() + " is missing");
  }

  @Test
  void aManifestThatCannotBeUnderstoodIsNamed() throws Exception {
    commits.commit(CommitManifest.ofEpoch(RUN, 1, write(1), Map.of()));
    Path manifest = directory.resolve("runs/std-1/commits/epoch-00001.json");
    String text = Files.readString(manifest);

    Files.writeString(manifest, text.replace("\"format\" : 1", "\"format\" : 2"));
    assertFails(
        () -> commits.read(RUN, 1),
        ExitCode.BAD_LOG,
        "epoch-00001.json has format 2, expected 1: a newer Holdfast wrote it");
    Files.writeString(manifest, text.replace("\"path\" : \"", "\"path\" : \"../"));
    assertFails(() -> commits.read(RUN, 1), ExitCode.BAD_LOG, "is no commit manifest", "'../");
    Files.writeString(manifest, text.replace("\"epoch\" : 1", "\"epoch\" : 7"));
    assertFails(
        () -> commits.read(RUN, 1), ExitCode.BAD_LOG, "is the manifest of", "epoch-00007.json");
    Files.writeString(manifest, text.substring(0, 40));
    assertFails(() -> commits.read(RUN, 1), ExitCode.BAD_LOG, "epoch-00001.json is not JSON");
    assertFails(() -> commits.read(RUN, 9), ExitCode.BAD_LOG, "epoch-00009.json does not exist");
  }

  @Test
  void smallFilesAreWrittenInMilliseconds() {
    for (int epoch = 1; epoch <= 20; epoch++) {
      write(epoch);
    }
    long start = System.nanoTime();
    for (int epoch = 21; epoch <= 40; epoch++) {
      commits.commit(CommitManifest.ofEpoch(RUN, epoch, write(epoch), Map.of()));
    }
    double milliseconds = (System.nanoTime() - start) / 20e6;
    System.out.printf("%.1f ms for two files of 20 rows and their commit%n", milliseconds);
    assertThat(milliseconds).isLessThan(100);
  }
}
