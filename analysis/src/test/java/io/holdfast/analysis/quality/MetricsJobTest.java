package io.holdfast.analysis.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.RandomLog;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tables of a random log against loops over its logits. */
class MetricsJobTest {
  private static final double TOLERANCE = 1e-9;
  private static final int BINS = 7;

  private final long seed = Long.getLong("holdfast.seed", System.nanoTime() & 0xFFFFFFFL);

  @TempDir Path directory;

  private String replay() {
    return "replay with: mvn -pl analysis test -Dtest=MetricsJobTest -Dholdfast.seed=" + seed;
  }

  private RandomLog random() {
    Random random = new Random(seed);
    return new RandomLog(random, 3 + random.nextInt(3), 2 + random.nextInt(3), 90);
  }

  private MetricsResult measure(Path log, Path out, Map<String, String> compared, String human) {
    return new MetricsJob(
            LocalSpark.open(),
            new MetricsOptions(
                new LogRoot(log.toString()),
                LogFilter.all(),
                new QualityOptions(List.of(1, 2), BINS, HistogramBins.DEFAULT),
                SimilarityOptions.DEFAULT,
                compared,
                human,
                List.of(10L),
                out.toString()))
        .execute();
  }

  private void assertClose(String what, Object found, double expected) {
    assertThat((Double) found)
        .as(what + "; " + replay())
        .isCloseTo(expected, within(TOLERANCE + TOLERANCE * Math.abs(expected)));
  }

  @Test
  void theTablesEqualLoopsOverTheLogits() throws Exception {
    RandomLog log = random();
    Path root = directory.resolve("log");
    log.write(root, "a", "train", true, false);
    log.write(root, "b", "train", false, true);
    Path matrix = directory.resolve("uniform.json");
    Files.writeString(matrix, matrix(log.classes));
    MetricsResult result =
        measure(root, directory.resolve("out"), Map.of("uniform", matrix.toString()), null);

    assertThat(result.quality()).hasSize(2 * log.epochs);
    for (int e = 0; e < log.epochs; e++) {
      checkQuality(log, e, result.quality().get(e), true);
      checkQuality(log, e, result.quality().get(log.epochs + e), false);
    }
    checkTopK(log);
    checkReliability(log);
    checkHistograms(log);
    checkCorrupted(log);
    checkRelations(log);
    checkAgreement(log);
    checkRankings(log, result);
    checkIssues(log);
    assertThat(result.notes()).hasSize(1).first().asString().contains("b train eval");
  }

  private static String matrix(int classes) {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      double[] row = new double[classes];
      Arrays.fill(row, 1.0 / (classes - 1));
      row[i] = 0;
      rows.add(Arrays.toString(row));
    }
    return "{\"format\": 1, \"classes\": " + classes + ", \"matrix\": " + rows + "}";
  }

  private void checkQuality(RandomLog log, int e, QualityMetrics found, boolean vectors) {
    double right = 0;
    double nll = 0;
    double brier = 0;
    double confidence = 0;
    double margin = 0;
    double free = 0;
    for (int i = 0; i < log.samples; i++) {
      right += log.right(e, i) ? 1 : 0;
      nll -= Math.log(log.probability(e, i, log.labels[i]));
      confidence += log.probability(e, i, log.predicted(e, i));
      margin += log.margin(e, i);
      double sum = 0;
      for (int k = 0; k < log.classes; k++) {
        brier += Math.pow(log.probability(e, i, k) - (k == log.labels[i] ? 1 : 0), 2);
        sum += Math.exp(log.logits[e][i][k]);
      }
      free -= Math.log(sum);
    }
    assertThat(found.epoch()).isEqualTo(e + 1);
    assertThat(found.samples()).isEqualTo(log.samples);
    assertThat(found.labelled()).isEqualTo(log.samples);
    assertClose("accuracy", found.accuracy(), right / log.samples);
    assertClose("NLL", found.nll(), nll / log.samples);
    assertClose("confidence", found.confidence(), confidence / log.samples);
    assertClose("margin", found.margin(), margin / log.samples);
    assertClose("ECE", found.ece(), calibrationError(log, e, false));
    assertClose("ECE of equal mass", found.eceEqualMass(), calibrationError(log, e, true));
    if (vectors) {
      assertClose("Brier", found.brier(), brier / log.samples);
      assertClose("free energy", found.freeEnergy(), free / log.samples);
    } else {
      assertThat(found.brier()).isNull();
      assertThat(found.freeEnergy()).isNull();
    }
    ShotAccuracy shots = shots(log, e);
    assertThat(found.accuracyMany()).isEqualTo(shots.many());
    assertThat(found.accuracyMedium()).isEqualTo(shots.medium());
    assertThat(found.accuracyFew()).isEqualTo(shots.few());
  }

  private static ShotAccuracy shots(RandomLog log, int e) {
    long[] count = new long[log.classes];
    long[] right = new long[log.classes];
    for (int i = 0; i < log.samples; i++) {
      count[log.labels[i]]++;
      right[log.labels[i]] += log.right(e, i) ? 1 : 0;
    }
    return ShotAccuracy.of(count, count, right);
  }

  private static double calibrationError(RandomLog log, int e, boolean mass) {
    Integer[] order = IntStream.range(0, log.samples).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> log.probability(e, i, log.predicted(e, i))));
    double[] gaps = new double[BINS];
    for (int rank = 0; rank < order.length; rank++) {
      int i = order[rank];
      double confidence = log.probability(e, i, log.predicted(e, i));
      int first = rank;
      while (mass
          && first > 0
          && log.probability(e, order[first - 1], log.predicted(e, order[first - 1]))
              == confidence) {
        first--;
      }
      int bin = mass ? first * BINS / log.samples : (int) Math.ceil(confidence * BINS) - 1;
      gaps[bin] += (log.right(e, i) ? 1 : 0) - confidence;
    }
    return Arrays.stream(gaps).map(Math::abs).sum() / log.samples;
  }

  private List<Object[]> rows(String table, String sql) throws SQLException {
    return RandomLog.rows(directory.resolve("out"), table, sql);
  }

  private void checkTopK(RandomLog log) throws SQLException {
    List<Object[]> found =
        rows("top_k", "select k, accuracy from %s where run_id = 'a' order by epoch, k");
    assertThat(found).hasSize(2 * log.epochs);
    assertThat(rows("top_k", "select * from %s where run_id = 'b'")).isEmpty();
    for (int e = 0; e < log.epochs; e++) {
      double top2 = 0;
      for (int i = 0; i < log.samples; i++) {
        int larger = 0;
        for (int k = 0; k < log.classes; k++) {
          double own = log.logits[e][i][log.labels[i]];
          larger +=
              log.logits[e][i][k] > own || (log.logits[e][i][k] == own && k < log.labels[i])
                  ? 1
                  : 0;
        }
        top2 += larger < 2 ? 1 : 0;
      }
      assertClose("top 2", found.get(2 * e + 1)[1], top2 / log.samples);
    }
  }

  private void checkReliability(RandomLog log) throws SQLException {
    for (Object[] row :
        rows(
            "reliability",
            "select binning, sum(samples), sum(samples * accuracy), min(samples), max(samples) "
                + "from %s group by run_id, epoch, binning")) {
      assertThat(row[1].toString()).isEqualTo(String.valueOf(log.samples));
      if (row[0].equals("equal_mass")) {
        assertThat((Long) row[3]).isGreaterThanOrEqualTo(log.samples / BINS - 3);
        assertThat((Long) row[4]).isLessThanOrEqualTo(log.samples / BINS + 4);
      }
    }
  }

  private void checkHistograms(RandomLog log) throws SQLException {
    List<Object[]> found =
        rows(
            "histograms",
            "select lower, upper, samples from %s where run_id = 'a' and epoch = 1 and quantity = "
                + "'margin' order by lower");
    long all = 0;
    for (Object[] row : found) {
      long inside =
          IntStream.range(0, log.samples)
              .mapToDouble(i -> log.margin(0, i))
              .filter(margin -> margin >= (Double) row[0] && margin < (Double) row[1])
              .count();
      assertThat(row[2]).isEqualTo(inside);
      all += inside;
    }
    assertThat(all).isEqualTo(log.samples);
    assertThat(rows("histograms", "select distinct quantity from %s where run_id = 'a'"))
        .hasSize(5);
    assertThat(rows("histograms", "select distinct quantity from %s where run_id = 'b'"))
        .hasSize(1);
  }

  private void checkCorrupted(RandomLog log) throws SQLException {
    List<Object[]> found =
        rows(
            "corrupted_labels",
            "select corrupted, clean, error_given, error_clean, error_uncorrupted from %s "
                + "where run_id = 'b' order by epoch");
    assertThat(found).hasSize(log.epochs);
    for (int e = 0; e < log.epochs; e++) {
      double[] wrong = new double[3];
      long corrupted = 0;
      for (int i = 0; i < log.samples; i++) {
        int predicted = log.predicted(e, i);
        if (log.labels[i] == log.cleanLabels[i]) {
          wrong[2] += predicted != log.labels[i] ? 1 : 0;
        } else {
          corrupted++;
          wrong[0] += predicted != log.labels[i] ? 1 : 0;
          wrong[1] += predicted != log.cleanLabels[i] ? 1 : 0;
        }
      }
      assertThat(found.get(e)[0]).isEqualTo(corrupted);
      assertThat(found.get(e)[1]).isEqualTo(log.samples - corrupted);
      assertClose("given", found.get(e)[2], wrong[0] / corrupted);
      assertClose("clean", found.get(e)[3], wrong[1] / corrupted);
      assertClose("uncorrupted", found.get(e)[4], wrong[2] / (log.samples - corrupted));
    }
  }

  private void checkRelations(RandomLog log) throws SQLException {
    for (int e = 0; e < log.epochs; e++) {
      double[][] soft = new double[log.classes][log.classes];
      double[][] residual = new double[log.classes][log.classes];
      double[] right = new double[log.classes];
      double[] all = new double[log.classes];
      for (int i = 0; i < log.samples; i++) {
        int label = log.labels[i];
        all[label]++;
        right[label] += log.right(e, i) ? 1 : 0;
        double own = log.probability(e, i, label);
        for (int k = 0; k < log.classes; k++) {
          double p = log.probability(e, i, k);
          soft[label][k] += log.right(e, i) ? p : 0;
          residual[label][k] += k == label ? 0 : p / (1 - own);
        }
      }
      for (Object[] row :
          rows(
              "class_relations",
              "select kind, class, other, value from %s where kind <> 'lda_logits' and epoch = "
                  + (e + 1))) {
        int label = (Integer) row[1];
        int other = (Integer) row[2];
        double expected =
            row[0].equals("soft_outputs")
                ? right[label] == 0 ? 1.0 / log.classes : soft[label][other] / right[label]
                : residual[label][other] / all[label];
        assertClose(row[0] + " " + label + " " + other, row[3], expected);
      }
      assertThat(
              rows(
                  "class_relations",
                  "select kind, class, sum(similarity) from %s where epoch = "
                      + (e + 1)
                      + " group by kind, class"))
          .hasSize(3 * log.classes)
          .allSatisfy(row -> assertClose("row of " + row[0], row[2], 1));
    }
  }

  private void checkAgreement(RandomLog log) throws SQLException {
    assertThat(rows("class_agreement", "select * from %s where other_epoch = epoch"))
        .hasSize(6 * log.epochs);
    assertThat(rows("class_agreement", "select * from %s where other_epoch = epoch - 1"))
        .hasSize(3 * (log.epochs - 1));
    // Rows against the uniform matrix: KL is log(K-1) minus the entropy, all ranks are tied.
    for (Object[] row :
        rows(
            "class_agreement",
            "select epoch, kind, kl, rank_correlation from %s where other_kind = 'uniform'")) {
      double expected = 0;
      for (Object[] of :
          rows(
              "class_relations",
              "select similarity from %s where epoch = "
                  + row[0]
                  + " and kind = '"
                  + row[1]
                  + "'")) {
        double share = (Double) of[0];
        expected += share * Math.log(share * (log.classes - 1)) / log.classes;
      }
      assertClose("KL to uniform", row[2], expected);
      assertThat(row[3]).isNull();
    }
  }

  private void checkRankings(RandomLog log, MetricsResult result) {
    assertThat(result.rankings()).hasSize(2 * 5 * 2);
    double[] margins =
        IntStream.range(0, log.samples)
            .mapToDouble(
                i -> IntStream.range(0, log.epochs).mapToDouble(e -> log.margin(e, i)).sum())
            .toArray();
    double pairs = 0;
    double better = 0;
    for (int i = 0; i < log.samples; i++) {
      for (int j = 0; j < log.samples; j++) {
        if (log.labels[i] != log.cleanLabels[i] && log.labels[j] == log.cleanLabels[j]) {
          pairs++;
          better += margins[i] < margins[j] ? 1 : margins[i] == margins[j] ? 0.5 : 0;
        }
      }
    }
    double expected = better / pairs;
    assertThat(result.rankings())
        .filteredOn(each -> each.ranking().equals("margin"))
        .hasSize(4)
        .allSatisfy(each -> assertClose("AUROC of margins", each.auroc(), expected));
    assertThat(result.rankings()).extracting(LabelRanking::corrupted).containsOnly(13L);
    assertThat(result.rankings()).extracting(LabelRanking::k).containsOnly(10L, 13L);
  }

  private void checkIssues(RandomLog log) throws SQLException {
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < log.samples; i++) {
      int sample = i;
      if (IntStream.range(0, log.epochs).mapToDouble(e -> log.margin(e, sample)).sum() < 0) {
        expected.add(sample);
      }
    }
    List<Object[]> found =
        rows(
            "label_issues",
            "select sample_id, label, suggested_label, margin, rank from %s where run_id = 'a' "
                + "order by rank");
    assertThat(found)
        .extracting(row -> ((Long) row[0]).intValue())
        .as(replay())
        .containsExactlyInAnyOrderElementsOf(expected);
    double before = Double.NEGATIVE_INFINITY;
    for (Object[] row : found) {
      assertThat(row[2]).isNotEqualTo(row[1]);
      assertThat((Double) row[3]).isGreaterThanOrEqualTo(before);
      before = (Double) row[3];
    }
    for (Object[] row :
        rows("data_map", "select sample_id, confidence, variability, correctness from %s")) {
      int i = ((Long) row[0]).intValue();
      double[] p =
          IntStream.range(0, log.epochs)
              .mapToDouble(e -> log.probability(e, i, log.labels[i]))
              .toArray();
      double mean = Arrays.stream(p).average().orElseThrow();
      double variance = Arrays.stream(p).map(x -> (x - mean) * (x - mean)).sum() / p.length;
      assertClose("confidence", row[1], mean);
      assertThat((Double) row[2]).isCloseTo(Math.sqrt(variance), within(1e-6));
      assertClose(
          "correctness",
          row[3],
          IntStream.range(0, log.epochs).filter(e -> log.right(e, i)).count()
              / (double) log.epochs);
    }
  }

  @Test
  void partitioningChangesNoBit() throws Exception {
    RandomLog log = random();
    List<List<List<String>>> results = new ArrayList<>();
    for (boolean reversed : new boolean[] {false, true}) {
      Path root = directory.resolve("log" + reversed);
      log.write(root, "a", "train", true, reversed);
      log.write(root, "b", "train", false, reversed);
      Path out = directory.resolve("out" + reversed);
      measure(root, out, Map.of(), null);
      List<List<String>> tables = new ArrayList<>();
      for (String table :
          List.of(
              "quality",
              "top_k",
              "reliability",
              "histograms",
              "class_relations",
              "class_agreement",
              "data_map",
              "label_issues",
              "label_rankings")) {
        tables.add(
            RandomLog.rows(out, table, "select * from %s order by all").stream()
                .map(Arrays::toString)
                .toList());
      }
      results.add(tables);
    }
    assertThat(results.get(0)).as(replay()).isEqualTo(results.get(1));
  }

  @Test
  void humanLabelsAreComparedOnRightSamples() throws Exception {
    RandomLog log = random();
    Path root = directory.resolve("log");
    log.write(root, "a", "test", true, false);
    Path human = directory.resolve("human.parquet");
    RandomLog.execute(
        "copy (select i as sample_id, [0.5::double, 0.5"
            + ", 0.0".repeat(log.classes - 2)
            + "] as probabilities from range(60) t(i)) to '"
            + human
            + "' (format parquet)");
    MetricsResult result = measure(root, directory.resolve("out"), Map.of(), human.toString());
    for (int e = 0; e < log.epochs; e++) {
      double sum = 0;
      int right = 0;
      for (int i = 0; i < 60; i++) {
        if (log.right(e, i)) {
          right++;
          sum +=
              0.5 * Math.log(0.5 / log.probability(e, i, 0))
                  + 0.5 * Math.log(0.5 / log.probability(e, i, 1));
        }
      }
      assertThat(result.quality().get(e).humanSamples()).isEqualTo(right);
      assertClose("human KL", result.quality().get(e).humanKl(), sum / right);
    }
    assertThat(rows("class_relations", "select distinct kind from %s")).hasSize(4);
  }

  private void assertRefused(
      Path root, Map<String, String> compared, ExitCode code, String... parts) {
    Path out = directory.resolve("none");
    Throwable thrown =
        catchThrowableOfType(Throwable.class, () -> measure(root, out, compared, null));
    while (thrown != null && !(thrown instanceof HoldfastException)) {
      thrown = thrown.getCause();
    }
    assertThat(thrown).isNotNull().hasMessageContainingAll(parts);
    assertThat(((HoldfastException) thrown).exitCode()).isEqualTo(code);
    assertThat(out).doesNotExist();
  }

  @Test
  void aProbabilityThatIsNoneIsRefusedAndNamed() throws Exception {
    RandomLog log = random();
    Path root = directory.resolve("log");
    log.write(root, "a", "test", false, true);
    Path file = root.resolve("predictions/run_id=a/split=test/phase=eval/all.parquet");
    RandomLog.execute(
        "copy (select * replace (case when sample_id = 7 and epoch = 2 then 'nan'::double else "
            + "p_true end as p_true) from read_parquet('"
            + file
            + "', hive_partitioning = false)) to '"
            + file
            + ".new' (format parquet)");
    Files.move(Path.of(file + ".new"), file, StandardCopyOption.REPLACE_EXISTING);
    assertRefused(
        root,
        Map.of(),
        ExitCode.BAD_LOG,
        "run a, split test, phase eval, epoch 2, sample 7: p_true is NaN, expected 0 to 1");
  }

  @Test
  void aMissingRowIsRefused() throws Exception {
    RandomLog log = random();
    Path root = directory.resolve("log");
    log.write(root, "a", "test", false, true);
    Path file = root.resolve("predictions/run_id=a/split=test/phase=eval/all.parquet");
    RandomLog.execute(
        "copy (from read_parquet('"
            + file
            + "', hive_partitioning = false) where not (sample_id = 7 and epoch = 2)) to '"
            + file
            + ".new' (format parquet)");
    Files.move(Path.of(file + ".new"), file, StandardCopyOption.REPLACE_EXISTING);
    assertRefused(
        root, Map.of(), ExitCode.BAD_LOG, "epoch 2: 89 rows, expected one for each of the 90");
  }

  @Test
  void aMatrixOfOtherClassesIsRefused() throws Exception {
    RandomLog log = random();
    Path root = directory.resolve("log");
    log.write(root, "a", "test", true, false);
    Path matrix = directory.resolve("matrix.json");
    Files.writeString(matrix, matrix(log.classes + 1));
    assertRefused(
        root,
        Map.of("mine", matrix.toString()),
        ExitCode.BAD_INPUT,
        "Invalid class matrix mine: " + (log.classes + 1) + " classes, expected " + log.classes);
  }
}
