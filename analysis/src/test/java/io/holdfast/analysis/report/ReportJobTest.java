package io.holdfast.analysis.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.dynamics.Selection;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.quality.QualityOptions;
import io.holdfast.analysis.reading.LogFilter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of logs that DuckDB wrote, against what DuckDB says about them. */
class ReportJobTest {
  private static final int SAMPLES = 60;
  private static final int EPOCHS = 5;

  @TempDir private static Path shared;
  private static ReportLog oracle;
  private static SparkSession spark;
  private static ReportData data;

  @BeforeAll
  static void reportOfTwoRuns() throws Exception {
    spark = LocalSpark.open();
    oracle = new ReportLog(2, SAMPLES, EPOCHS, 11);
    oracle.write(shared.resolve("log"), true);
    oracle.writeSampleTable(shared.resolve("data"));
    Files.writeString(shared.resolve("features.json"), "[[0, 1, 3], [2, 0, 2], [1, 0, 9]]");
    data = new ReportJob(spark, options("last", 40, 5)).data();
  }

  @AfterAll
  static void close() throws Exception {
    oracle.close();
  }

  private static ReportOptions options(String selection, int points, int rows) {
    return new ReportOptions(
        new LogRoot(shared.resolve("log").toString()),
        LogFilter.all(),
        Selection.parse(selection),
        "A report",
        Map.of("features", shared.resolve("features.json").toString()),
        shared.resolve("data").toString(),
        shared.resolve("report.html").toString(),
        null,
        points,
        rows);
  }

  private static List<String> lines(List<?> values, int run) {
    return values.stream().map(value -> run + " " + value).toList();
  }

  @Test
  void curvesEqualTheOracle() throws Exception {
    List<String> found = new ArrayList<>();
    for (ReportData.SeriesData one : data.series()) {
      for (int i = 0; i < EPOCHS; i++) {
        ReportData.Curves curves = one.curves();
        found.add(
            one.run()
                + " "
                + curves.epoch().get(i)
                + " "
                + curves.accuracy().get(i)
                + " "
                + curves.wrong().get(i)
                + " "
                + curves.wfs().get(i)
                + " "
                + curves.fe().get(i));
      }
    }
    assertThat(found)
        .isEqualTo(
            oracle.rows(
                "select right(run_id, 1), epoch, count(*) filter (correct) / count(*)::double, "
                    + "count(*) filter (not correct), "
                    + "count(*) filter (not correct and learned < epoch), "
                    + "count(*) filter (not correct and learned < epoch) / count(*)::double "
                    + "from p left join (select run_id, sample_id, min(epoch) as learned from p "
                    + "where correct group by all) using (run_id, sample_id) group by all "
                    + "order by all"));
    List<String> losses =
        oracle.rows("select avg(loss) from p group by run_id, epoch order by run_id, epoch");
    for (int i = 0; i < losses.size(); i++) {
      assertThat(data.series().get(i / EPOCHS).curves().loss().get(i % EPOCHS))
          .isCloseTo(Double.parseDouble(losses.get(i)), within(1e-9));
    }
  }

  @Test
  void calibrationEqualsTheOracle() throws Exception {
    String bins =
        "with s as (select run_id, epoch, correct, exp(list_max(l)) / list_sum([exp(x) for x in l])"
            + " as c from (select *, logits::float[]::double[] as l from z join p using (run_id,"
            + " split, phase, sample_id, epoch))), b as (select run_id, epoch, greatest(ceil(c *"
            + " 15), 1) as bin, count(*) as n, avg(c) as c, avg(correct::int) as a from s group by"
            + " all) ";
    List<String> errors =
        oracle.rows(
            bins
                + "select sum(n * abs(a - c)) / sum(n) from b group by run_id, epoch "
                + "order by run_id, epoch");
    for (int i = 0; i < errors.size(); i++) {
      assertThat(data.series().get(i / EPOCHS).curves().ece().get(i % EPOCHS))
          .isCloseTo(Double.parseDouble(errors.get(i)), within(1e-9));
    }
    List<String> table = new ArrayList<>();
    data.series()
        .forEach(
            one ->
                one.reliability()
                    .bins()
                    .forEach(bin -> table.add(one.run() + " " + bin.samples())));
    assertThat(table)
        .isEqualTo(
            oracle.rows(
                bins + "select right(run_id, 1), n from b where epoch = 5 order by run_id, bin"));
  }

  @Test
  void confusionEqualsTheOracleInEveryEpoch() throws Exception {
    List<String> found = new ArrayList<>();
    for (ReportData.SeriesData one : data.series()) {
      ReportData.Matrices confusion = one.confusion();
      assertThat(confusion.classes()).containsExactly(0, 1, 2);
      assertThat(confusion.totals()).containsExactly(20L, 20L, 20L);
      for (int e = 0; e < EPOCHS; e++) {
        for (int i = 0; i < ReportLog.CLASSES; i++) {
          for (int j = 0; j < ReportLog.CLASSES; j++) {
            long samples = (long) confusion.values().get(e)[i][j];
            if (samples > 0) {
              found.add(
                  one.run() + " " + confusion.epochs().get(e) + " " + i + " " + j + " " + samples);
            }
          }
        }
      }
    }
    assertThat(found)
        .isEqualTo(
            oracle.rows(
                "select right(run_id, 1), epoch, label, predicted, count(*) from p group by all "
                    + "order by all"));
  }

  @Test
  void rowsOfEverySimilarityHaveSumOne() {
    for (ReportData.SeriesData one : data.series()) {
      assertThat(one.similarity())
          .containsOnlyKeys("lda_logits", "soft_outputs", "residuals", "features");
      one.similarity()
          .forEach(
              (kind, matrices) -> {
                assertThat(matrices.epochs()).hasSize(kind.equals("features") ? 0 : EPOCHS);
                assertThat(matrices.values()).hasSize(kind.equals("features") ? 1 : EPOCHS);
                for (double[][] matrix : matrices.values()) {
                  for (int i = 0; i < ReportLog.CLASSES; i++) {
                    assertThat(matrix[i][i]).isZero();
                    assertThat(matrix[i][0] + matrix[i][1] + matrix[i][2])
                        .isCloseTo(1, within(2e-5));
                  }
                }
              });
    }
  }

  @Test
  void aGivenMatrixIsShownAsItsShares() {
    assertThat(data.series().get(1).similarity().get("features").values().get(0))
        .isDeepEqualTo(new double[][] {{0, 0.25, 0.75}, {0.5, 0, 0.5}, {1, 0, 0}});
  }

  @Test
  void aGivenMatrixOfFewerClassesIsRefused(@TempDir Path other) throws Exception {
    Path small = other.resolve("small.json");
    Files.writeString(small, "[[0, 1], [1, 0]]");
    ReportOptions whole = options("last", 10, 5);
    ReportOptions wrong =
        new ReportOptions(
            whole.log(),
            whole.filter(),
            whole.selection(),
            whole.title(),
            Map.of("small", small.toString()),
            null,
            other.resolve("report.html").toString(),
            null,
            10,
            5);
    assertThatThrownBy(() -> new ReportJob(spark, wrong).execute())
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessageContaining("Invalid class matrix small: 2 classes, expected 3 as in run run-");
    assertThat(other.resolve("report.html")).doesNotExist();
  }

  /** There is not even a log. */
  @Test
  void aFileThatIsNoMatrixIsToldOfBeforeTheLogIsRead(@TempDir Path other) throws Exception {
    Path matrix = Files.writeString(other.resolve("cut.json"), "[[0, 1], [1");
    assertThatThrownBy(
            () ->
                new ReportJob(
                        spark,
                        new ReportOptions(
                            new LogRoot(other.resolve("none").toString()),
                            LogFilter.all(),
                            Selection.LAST,
                            "A report",
                            Map.of("cut", matrix.toString()),
                            null,
                            other.resolve("report.html").toString(),
                            null,
                            10,
                            5))
                    .execute())
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("cut.json");
  }

  @Test
  void theDataMapEqualsTheOracleForTheChosenSamples() throws Exception {
    for (ReportData.SeriesData one : data.series()) {
      ReportData.DataMap map = one.dataMap();
      assertThat(map.samples()).isEqualTo(SAMPLES);
      assertThat(map.sampleId()).hasSize(40).doesNotHaveDuplicates();
      assertThat(map.sampleId()).isEqualTo(data.series().get(0).dataMap().sampleId());
      for (int i = 0; i < map.sampleId().size(); i++) {
        String[] expected =
            oracle
                .rows(
                    "select avg(p_true::double), stddev_pop(p_true::double), avg(correct::int) "
                        + "from p where run_id = 'run-"
                        + one.run()
                        + "' and sample_id = "
                        + map.sampleId().get(i))
                .get(0)
                .split(" ");
        assertThat(map.confidence().get(i))
            .isCloseTo(Double.parseDouble(expected[0]), within(1e-5));
        assertThat(map.variability().get(i))
            .isCloseTo(Double.parseDouble(expected[1]), within(1e-5));
        assertThat(map.correctness().get(i))
            .isCloseTo(Double.parseDouble(expected[2]), within(1e-5));
      }
    }
  }

  @Test
  void theTablesOfSamplesEqualTheOracle() throws Exception {
    List<String> forgotten = new ArrayList<>();
    List<String> flipped = new ArrayList<>();
    for (ReportData.SeriesData one : data.series()) {
      forgotten.addAll(
          lines(
              one.forgotten().rows().stream()
                  .map(row -> row.sampleId() + " " + row.forgettingEvents())
                  .toList(),
              one.run()));
      flipped.addAll(
          lines(
              one.flipped().rows().stream()
                  .map(
                      row ->
                          row.sampleId()
                              + " "
                              + row.predicted()
                              + " "
                              + row.firstLearned()
                              + " "
                              + row.lastCorrect())
                  .toList(),
              one.run()));
      assertThat(one.flipped().samples()).isEqualTo(one.curves().wfs().get(EPOCHS - 1));
      assertThat(one.forgotten().rows()).hasSizeLessThanOrEqualTo(5);
    }
    assertThat(forgotten)
        .isEqualTo(
            oracle.rows(
                "with e as (select run_id, sample_id, count(*) as events from (select *, "
                    + "lag(correct) over (partition by run_id, sample_id order by epoch) as before "
                    + "from p) where before and not correct group by all) "
                    + "select right(run_id, 1), sample_id, events from e "
                    + "qualify row_number() over (partition by run_id order by events desc, "
                    + "sample_id) <= 5 order by run_id, events desc, sample_id"));
    assertThat(flipped)
        .isEqualTo(
            oracle.rows(
                "with w as (select run_id, sample_id, predicted, r.* from p join (select run_id,"
                    + " sample_id, count(*) as n, min(epoch) as first, max(epoch) as last from p"
                    + " where correct and epoch < 5 group by all) r using (run_id, sample_id) where"
                    + " epoch = 5 and not correct) select right(run_id, 1), sample_id, predicted,"
                    + " first, last from w qualify row_number() over (partition by run_id order by"
                    + " n desc, sample_id) <= 5 order by run_id, n desc, sample_id"));
  }

  @Test
  void thumbnailsShowThePixelsOfTheirSamples() throws Exception {
    assertThat(data.classNames()).containsExactly("cat", "dog", "<b>");
    assertThat(data.images()).isNotEmpty();
    for (Map.Entry<String, String> image : data.images().entrySet()) {
      int label = (int) ((Long.parseLong(image.getKey()) - 5_000_000_000L) % 3);
      assertThat(ReportLog.pixels(Base64.getDecoder().decode(image.getValue())))
          .containsExactly(10 + label, 20 + label, 30 + label, 40 + label, 50 + label, 60 + label);
    }
  }

  @Test
  void theProjectionSeparatesWhatTheLogitsSeparate() {
    for (ReportData.SeriesData one : data.series()) {
      ReportData.Projection projection = one.projection();
      assertThat(projection.method()).isEqualTo("linear discriminants");
      assertThat(projection.sampleId()).hasSize(40);
      assertThat(projection.epoch()).isEqualTo(EPOCHS);
      assertThat(projection.x()).doesNotContainNull();
    }
  }

  @Test
  void aRepeatedReportHasTheSameBytes() throws Exception {
    String before = spark.conf().get("spark.sql.shuffle.partitions");
    byte[] first = ReportPage.of("A report", QualityOptions.DEFAULT.bins(), data);
    spark.conf().set("spark.sql.shuffle.partitions", "7");
    Path ofAnother = Files.writeString(shared.resolve("_report.html"), "being written");
    try {
      ReportResult again = new ReportJob(spark, options("last", 40, 5)).execute();
      assertThat(again.bytes()).isEqualTo(first.length);
      assertThat(again.runs()).containsExactly("run-0", "run-1");
    } finally {
      spark.conf().set("spark.sql.shuffle.partitions", before);
    }
    assertThat(Files.readAllBytes(shared.resolve("report.html"))).isEqualTo(first);
    assertThat(ofAnother).hasContent("being written");
  }

  @Test
  void theSelectedEpochIsThatOfTheTablesAndPictures() throws Exception {
    ReportData third = new ReportJob(spark, options("3", 10, 5)).data();
    assertThat(third.series()).allMatch(one -> one.selected() == 3);
    assertThat(third.series().get(1).flipped().samples())
        .isEqualTo(third.series().get(1).curves().wfs().get(2));
    assertThat(third.series().get(0).projection().epoch()).isEqualTo(3);
    assertThatThrownBy(() -> new ReportJob(spark, options("6", 10, 5)).data())
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("Unknown epoch of run run-0")
        .hasMessageContaining("expected 1 to 5");
  }

  @Test
  void aLogWithoutVectorsHasEverythingElse(@TempDir Path other) throws Exception {
    oracle.write(other.resolve("log"), false);
    int status =
        AnalysisMain.run(
            "report",
            "--log",
            other.resolve("log").toString(),
            "--out",
            other.resolve("report.html").toString(),
            "--plots",
            other.resolve("plots").toString(),
            "--json",
            other.resolve("report.json").toString());
    assertThat(status).isZero();
    assertThat(other.resolve("report.html")).isNotEmptyFile();
    assertThat(other.resolve("report.json")).content().contains("accuracy.test.eval.svg");
    try (var files = Files.list(other.resolve("plots"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> name.endsWith(".svg"))
          .containsExactlyInAnyOrder(
              "accuracy.test.eval.svg",
              "loss.test.eval.svg",
              "fe.test.eval.svg",
              "rfe.test.eval.svg",
              "ece.test.eval.svg",
              "data-map.test.eval.run-0.svg",
              "data-map.test.eval.run-1.svg",
              "confusion.test.eval.run-0.svg",
              "confusion.test.eval.run-1.svg",
              "reliability.test.eval.run-0.svg",
              "reliability.test.eval.run-1.svg");
    }
  }

  @Test
  void anIncompleteLogIsRefused(@TempDir Path other) throws Exception {
    try (ReportLog broken = new ReportLog(1, 10, 3, 1)) {
      broken.execute("delete from p where epoch = 2 and sample_id % 10 = 4");
      broken.write(other.resolve("log"), false);
      assertThat(
              AnalysisMain.run(
                  "report",
                  "--log",
                  other.resolve("log").toString(),
                  "--out",
                  other.resolve("report.html").toString()))
          .isEqualTo(ExitCode.BAD_LOG.code());
      assertThat(other.resolve("report.html")).doesNotExist();
    }
  }

  @Test
  void aDirectoryThatIsNoSampleTableIsRefused(@TempDir Path other) {
    assertThat(
            AnalysisMain.run(
                "report",
                "--log",
                shared.resolve("log").toString(),
                "--data",
                other.toString(),
                "--out",
                other.resolve("report.html").toString()))
        .isEqualTo(ExitCode.BAD_INPUT.code());
  }

  @Test
  void epochsAreSpreadEvenlyWithTheLastAndTheSelected() {
    List<Integer> epochs = List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    assertThat(MatrixExtracts.spread(epochs, 4, 10)).isEqualTo(epochs);
    assertThat(MatrixExtracts.spread(epochs, 4, 4)).containsExactly(1, 4, 6, 10);
    assertThat(MatrixExtracts.spread(epochs, 4, 1)).containsExactly(4);
    assertThat(MatrixExtracts.spread(epochs, 10, 0)).containsExactly(10);
  }
}
