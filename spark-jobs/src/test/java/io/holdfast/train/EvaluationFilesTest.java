package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.log.PredictionWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two scorings of one name, in every order that counts. */
class EvaluationFilesTest {
  private static final Configuration CONF = new Configuration();
  private static final LogPart PART = new LogPart("fer", "again", LogPart.EVAL, 3, 0);

  @TempDir private Path directory;
  private LogRoot root;
  private Commits commits;
  private EvaluationFiles files;

  @BeforeEach
  void open() {
    root = new LogRoot(directory.toString());
    commits = new Commits(CONF, root);
    files = new EvaluationFiles(CONF, root, commits, "fer", "again", 3);
  }

  private CommitManifest written(long sample) throws Exception {
    List<LoggedFile> written;
    try (PredictionWriter writer = PredictionWriter.open(CONF, root, PART, true)) {
      writer.add(sample, 1, 1, new float[] {0, sample}, 0, 2, 0.5f);
      written = writer.finish();
    }
    return CommitManifest.ofEvaluation("fer", "again", 3, written, Map.of());
  }

  private static void assertFails(ExitCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(code));
  }

  @Test
  void oneProcessAtATimeWritesAScoring() {
    Duration timeout = Duration.ofSeconds(60);
    EvaluationFiles other = new EvaluationFiles(CONF, root, commits, "fer", "other", 3);
    try (Lease lease = files.lease(timeout);
        Lease ofOther = other.lease(timeout)) {
      assertFails(ExitCode.REFUSED, () -> files.lease(timeout));
      lease.requireHeld();
      ofOther.requireHeld();
    }
    files.lease(timeout).close();
  }

  @Test
  void aScoringThatCameMeanwhileIsReplacedOnlyWhenAskedTo() throws Exception {
    files.prepare(false);
    CommitManifest first = written(1);
    files.commit(first, false);
    CommitManifest second = written(2);
    assertFails(ExitCode.REFUSED, () -> files.commit(second, false));
    files.discardPending();
    commits.verifyFiles(first);
    files.prepare(true);
    CommitManifest third = written(3);
    files.commit(third, true);
    commits.verifyFiles(third);
    assertThat(files.committed()).contains(third);
  }

  @Test
  void anEarlierScoringStaysWhereTheNewOneIsNotWhole() throws Exception {
    CommitManifest first = written(1);
    files.commit(first, false);
    CommitManifest second = written(2);
    Files.delete(
        Path.of(LogRoot.pending(root.resolve(second.files().get(1).path())).toUri().getPath()));
    assertFails(ExitCode.INFRASTRUCTURE, () -> files.commit(second, true));
    files.discardPending();
    commits.verifyFiles(first);
  }

  @Test
  void anEarlierScoringIsPublishedBeforeItIsReplaced() throws Exception {
    CommitManifest first = written(1);
    files.commit(first, false);
    Path file = directory.resolve(first.files().get(0).path());
    Files.move(file, file.resolveSibling("_" + file.getFileName()));
    files.prepare(true);
    files.discardPending();
    commits.verifyFiles(first);
  }
}
