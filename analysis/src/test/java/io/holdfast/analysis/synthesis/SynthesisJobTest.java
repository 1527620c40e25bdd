package io.holdfast.analysis.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.dynamics.AnalyzeJob;
import io.holdfast.analysis.dynamics.AnalyzeOptions;
import io.holdfast.analysis.dynamics.AnalyzeResult;
import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SynthesisJobTest {
  private static final int SAMPLES = 2_000;
  private static final int EPOCHS = 20;

  @TempDir Path directory;

  private SynthesisOptions options(String name, int runs, double labelNoise, long seed) {
    return new SynthesisOptions(
        new LogRoot(directory.resolve(name).toString()),
        "made",
        runs,
        SAMPLES,
        EPOCHS,
        10,
        labelNoise,
        "train",
        LogPart.TRAIN_PASS,
        3,
        seed);
  }

  private SynthesisResult make(SynthesisOptions options) {
    return new SynthesisJob(LocalSpark.open(), options).execute();
  }

  private static List<String> digests(SynthesisOptions options) {
    return new Commits(new Configuration(), options.root())
        .manifests(options.runId(0)).stream()
            .map(CommitManifest::files)
            .flatMap(List::stream)
            .map(LoggedFile::sha256)
            .toList();
  }

  private Dataset<Row> rows(SynthesisOptions options) {
    return PredictionLog.open(LocalSpark.open(), options.root(), LogFilter.all()).predictions();
  }

  @Test
  void equalOptionsMakeEqualBytesAndAnotherSeedOthers() {
    SynthesisOptions once = options("once", 1, 0.2, 7);
    SynthesisOptions again = options("again", 1, 0.2, 7);
    SynthesisOptions other = options("other", 1, 0.2, 8);
    SynthesisResult result = make(once);
    make(again);
    make(other);

    assertThat(result.rows()).isEqualTo(SAMPLES * EPOCHS);
    assertThat(result.files()).isEqualTo(3 * EPOCHS);
    assertThat(digests(once)).hasSize(3 * EPOCHS).isEqualTo(digests(again));
    assertThat(digests(once)).doesNotContainAnyElementsOf(digests(other));
  }

  @Test
  void accuracyRisesAndSamplesFlip() {
    SynthesisOptions options = options("log", 2, 0, 1);
    make(options);
    AnalyzeResult result =
        new AnalyzeJob(
                LocalSpark.open(),
                new AnalyzeOptions(
                    options.root(),
                    List.of(),
                    List.of(),
                    Selection.LAST,
                    directory.resolve("out").toString(),
                    SimilarityOptions.DEFAULT))
            .execute();

    assertThat(result.comparison()).hasSize(2);
    assertThat(result.epochMetrics().get(0).accuracy()).isBetween(0.4, 0.75);
    assertThat(result.comparison().get(0).lastAccuracy()).isBetween(0.8, 0.98);
    assertThat(result.comparison().get(0).selected().rfe()).isBetween(0.05, 0.95);
    Dataset<Row> dynamics =
        LocalSpark.open().read().parquet(directory.resolve("out/sample_dynamics").toString());
    assertThat(dynamics.filter("not ever_correct").count()).isPositive();
    assertThat(dynamics.filter("ever_correct and forgetting_events = 0").count())
        .isGreaterThan(SAMPLES / 2);
    assertThat(dynamics.filter("forgetting_events > 1").count()).isGreaterThan(SAMPLES / 20);
  }

  @Test
  void columnsAgreeWithEachOther() {
    SynthesisOptions options = options("log", 1, 0.3, 1);
    make(options);
    Dataset<Row> rows = rows(options);

    assertThat(rows.filter("not (0 < p_true and p_true <= p_pred and p_pred <= 1)").count())
        .isZero();
    assertThat(rows.filter("correct <> (predicted = label) or correct <> (margin > 0)").count())
        .isZero();
    assertThat(rows.filter("abs(loss + ln(p_true)) > 0.002 * (1 + loss)").count()).isZero();
    assertThat(rows.filter("abs(margin) > 12 or label not between 0 and 9").count()).isZero();
    assertThat(rows.filter("predicted not between 0 and 9").count()).isZero();
    assertThat(rows.select("margin").distinct().count()).isGreaterThan(1000);
    for (String column : List.of("loss", "p_true", "p_pred", "margin")) {
      // A value with 10 mantissa bits is a multiple of its exponent's 2^-10.
      assertThat(
              rows.filter(column + " * pow(2, 10 - floor(log2(abs(" + column + ")))) % 1 <> 0")
                  .count())
          .as(column)
          .isZero();
    }
  }

  @Test
  void wrongLabelsAreLearnedLate() {
    SynthesisOptions options = options("log", 1, 0.3, 1);
    make(options);
    Dataset<Row> rows = rows(options);
    double wrong = rows.filter("epoch = 1 and label <> true_label").count();

    assertThat(wrong / SAMPLES).isBetween(0.25, 0.35);
    assertThat(rows.filter("epoch = 2 and label <> true_label and correct").count() / wrong)
        .isLessThan(0.2);
    assertThat(
            rows.filter("epoch = 2 and label <> true_label and predicted = true_label").count()
                / wrong)
        .isGreaterThan(0.8);
  }

  @Test
  void anExistingRunIsRefused() {
    SynthesisOptions options = options("log", 1, 0, 1);
    make(options);
    assertThatThrownBy(() -> make(options))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED))
        .hasMessageContaining("Run made-1 exists");
  }
}
