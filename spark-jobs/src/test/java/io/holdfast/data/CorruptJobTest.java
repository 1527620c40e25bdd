package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.CommandRun;
import io.holdfast.GoldFile;
import io.holdfast.TestData;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code holdfast corrupt}: what it changes, what it keeps, and what bad input gets. */
class CorruptJobTest extends ImportTesting {
  private static final int PER_CLASS = 500;

  private Path noisy() {
    return folder.resolve("noisy");
  }

  private CommandRun run(String... more) {
    List<String> line =
        new ArrayList<>(List.of("corrupt", "--data", output(), "--output", noisy().toString()));
    line.addAll(List.of(more));
    return CommandRun.of(line.toArray(String[]::new));
  }

  private SampleTable corrupted(String... more) {
    CommandRun run = run(more);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    return SampleTable.open(spark(), noisy().toString());
  }

  /** As many samples of each class, all of them for training. */
  private void importClasses(int classes, int perClass) throws IOException {
    Random random = new Random(classes);
    String[] lines =
        IntStream.range(0, classes * perClass)
            .mapToObj(i -> random.nextInt(100) + "," + i % classes)
            .toArray(String[]::new);
    Path csv = text("classes.csv", lines);
    imported("--format", "csv", "--input", csv, "--test", "0", "--overwrite");
  }

  /** Counts by the table's own rows, rows = true class. */
  private static long[][] transitions(SampleTable table) {
    int classes = table.descriptor().classes();
    long[][] counts = new long[classes][classes];
    samples(table, "train").forEach(sample -> counts[sample.trueLabel()][sample.label()]++);
    return counts;
  }

  /** Every golden matrix of transitions, with as many classes and at the rate that it has. */
  @TestFactory
  List<DynamicTest> noiseHasTheGoldenTransitions() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode gold : GoldFile.read("metrics.json").path("noise_transition")) {
      String kind = gold.get("kind").asText();
      String name = "%s of %s classes at %s".formatted(kind, gold.get("K"), gold.get("rate"));
      if (kind.equals("pair_swap")) {
        tests.add(DynamicTest.dynamicTest(name, () -> checkPairs(gold)));
      } else {
        for (String draws : List.of("exact", "independent")) {
          tests.add(
              DynamicTest.dynamicTest(name + ", " + draws, () -> checkSymmetric(gold, draws)));
        }
      }
    }
    assertThat(tests).isNotEmpty();
    return tests;
  }

  /** The floor of the rate of a class's samples. */
  private static long noisy(JsonNode gold) {
    return new BigDecimal(gold.get("rate").asText())
        .multiply(BigDecimal.valueOf(PER_CLASS))
        .longValue();
  }

  /**
   * Counts against a golden matrix of probabilities: five deviations of a multinomial's cell, and
   * five samples more, as counts of rare transitions are skewed.
   */
  private static void assertNear(long[][] counts, JsonNode matrix, double flipRate) {
    long flipped = 0;
    for (int i = 0; i < counts.length; i++) {
      for (int j = 0; j < counts.length; j++) {
        double p = matrix.get(i).get(j).asDouble();
        double variance = p * (1 - p) * PER_CLASS;
        double skew = variance > 0 ? 5 : 0;
        assertThat((double) counts[i][j])
            .as("true class %d, label %d", i, j)
            .isCloseTo(p * PER_CLASS, within(5 * Math.sqrt(variance) + skew + 1e-6));
        flipped += i == j ? 0 : counts[i][j];
      }
    }
    double samples = (double) counts.length * PER_CLASS;
    assertThat(flipped / samples)
        .isCloseTo(flipRate, within(5 * Math.sqrt(flipRate * (1 - flipRate) / samples) + 1e-9));
  }

  private void checkSymmetric(JsonNode gold, String draws) throws IOException {
    importClasses(gold.get("K").asInt(), PER_CLASS);
    List<String> options =
        new ArrayList<>(
            List.of("--noise", "symmetric", "--rate", gold.get("rate").asText(), "--draws", draws));
    options.add("--overwrite");
    String kind = gold.get("kind").asText();
    boolean including = kind.equals("symmetric_including_true");
    if (including) {
      options.add("--include-true-class");
    } else {
      assertThat(kind).isEqualTo("symmetric_excluding_true");
    }
    long[][] counts = transitions(corrupted(options.toArray(String[]::new)));
    assertNear(counts, gold.get("matrix"), gold.get("expected_flip_rate").asDouble());
    if (!including && draws.equals("exact")) {
      for (int c = 0; c < counts.length; c++) {
        assertThat(counts[c][c]).isEqualTo(PER_CLASS - noisy(gold));
      }
    }
  }

  /**
   * The golden matching is another one; relabelled by it, the matrices are equal, up to the golden
   * one's shares being counts here, rounded down.
   */
  private void checkPairs(JsonNode gold) throws IOException {
    int classes = gold.get("K").asInt();
    importClasses(classes, PER_CLASS);
    SampleTable table =
        corrupted(
            "--noise",
            "pair-swap",
            "--rate",
            gold.get("rate").asText(),
            "--seed",
            "3",
            "--overwrite");
    List<Integer> partners = table.descriptor().labelNoise().partners();
    int[] goldenClass = new int[classes];
    // Of an odd number of classes, the one that is left over.
    int alone = classes * (classes - 1) / 2;
    int place = 0;
    for (int c = 0; c < classes; c++) {
      if (c < partners.get(c)) {
        goldenClass[c] = gold.get("perm").get(place++).asInt();
        goldenClass[partners.get(c)] = gold.get("perm").get(place++).asInt();
        alone -= goldenClass[c] + goldenClass[partners.get(c)];
      }
    }
    for (int c = 0; c < classes; c++) {
      if (partners.get(c) == c) {
        goldenClass[c] = alone;
      }
    }
    long[][] counts = transitions(table);
    for (int i = 0; i < classes; i++) {
      long noisy = partners.get(i) == i ? 0 : noisy(gold);
      for (int j = 0; j < classes; j++) {
        double share = gold.get("matrix").get(goldenClass[i]).get(goldenClass[j]).asDouble();
        assertThat((double) counts[i][j]).isCloseTo(share * PER_CLASS, within(1.0));
        long expected = i == j ? PER_CLASS - noisy : j == partners.get(i) ? noisy : 0;
        assertThat(counts[i][j]).as("true class %d, label %d", i, j).isEqualTo(expected);
      }
    }
  }

  @Test
  void ofAnOddNumberOfClassesOneStaysCleanAndCountsRoundDown() throws IOException {
    importClasses(5, 7);
    SampleTable table = corrupted("--noise", "pair-swap", "--rate", "0.29");
    List<Integer> partners = table.descriptor().labelNoise().partners();
    assertThat(IntStream.range(0, 5).filter(c -> partners.get(c) == c).count()).isEqualTo(1);
    long[][] counts = transitions(table);
    for (int c = 0; c < 5; c++) {
      assertThat(partners.get(partners.get(c))).isEqualTo(c);
      assertThat(counts[c][c]).isEqualTo(partners.get(c) == c ? 7 : 5);
    }
  }

  @Test
  void aDecimalRateIsTakenAtItsWord() throws IOException {
    importClasses(2, 100);
    assertThat(transitions(corrupted("--noise", "symmetric", "--rate", "0.29")))
        .isDeepEqualTo(new long[][] {{71, 29}, {29, 71}});
  }

  @Test
  void onlyTrainingLabelsChangeAndTheCleanOnesAreKept() throws IOException {
    imported("--format", "csv", "--input", DIGITS, "--validation", "0.1");
    SampleTable clean = SampleTable.open(spark(), output());
    Path json = folder.resolve("result.json");
    SampleTable noisy =
        corrupted(
            "--noise", "symmetric", "--rate", "0.4", "--seed", "7", "--json", json.toString());
    DatasetDescriptor before = clean.descriptor();
    DatasetDescriptor after = noisy.descriptor();
    for (String split : List.of("validation", "test")) {
      assertThat(after.splits().get(split)).isEqualTo(before.splits().get(split));
    }
    assertThat(after.mean()).isEqualTo(before.mean());
    assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint());
    Map<Long, Sample> byId =
        samples(clean, "train").stream().collect(Collectors.toMap(Sample::id, Function.identity()));
    List<Sample> train = samples(noisy, "train");
    assertThat(train).hasSize(byId.size());
    for (Sample sample : train) {
      assertThat(sample.trueLabel()).isEqualTo(byId.get(sample.id()).label());
      assertThat(sample.features()).isEqualTo(byId.get(sample.id()).features());
    }
    JsonNode told =
        new ObjectMapper().readTree(Files.readAllBytes(json)).at("/dataset/label_noise");
    assertThat(told.get("kind").asText()).isEqualTo("symmetric");
    assertThat(told.get("draws").asText()).isEqualTo("exact");
    assertThat(told.get("rate").asDouble()).isEqualTo(0.4);
    assertThat(told.get("seed").asLong()).isEqualTo(7);
    long[][] counts = transitions(noisy);
    for (int i = 0; i < 10; i++) {
      long size = before.splits().get("train").perClass().get(i);
      assertThat(counts[i][i]).isEqualTo(size - size * 4 / 10);
      for (int j = 0; j < 10; j++) {
        assertThat(told.get("transitions").get(i).get(j).asLong()).isEqualTo(counts[i][j]);
      }
    }
  }

  @Test
  void theNoiseOfAnImportIsTheSame() {
    imported("--format", "csv", "--input", IRIS);
    DatasetDescriptor corrupted =
        corrupted(
                "--noise",
                "symmetric",
                "--rate",
                "0.6",
                "--include-true-class",
                "--draws",
                "independent",
                "--seed",
                "5")
            .descriptor();
    DatasetDescriptor imported =
        imported(
                "--format",
                "csv",
                "--input",
                IRIS,
                "--label-noise",
                "0.6",
                "--noise-seed",
                "5",
                "--overwrite")
            .descriptor();
    assertThat(corrupted.labelNoise()).isEqualTo(imported.labelNoise());
    assertThat(corrupted.fingerprint()).isEqualTo(imported.fingerprint());
  }

  @Test
  void theCleanLabelReachesThePredictionLog() {
    CommandRun.of(
        "corrupt",
        "--data",
        TestData.digits(),
        "--noise",
        "symmetric",
        "--rate",
        "0.5",
        "--output",
        noisy().toString());
    String log = folder.resolve("log").toString();
    CommandRun train =
        CommandRun.of(
            "train",
            "--data",
            noisy().toString(),
            "--out",
            log,
            "--run-id",
            "noisy",
            "--conf",
            "train.epochs=1",
            "--conf",
            "model.hidden=8",
            "--conf",
            "train.workers=2");
    assertThat(train.exitCode()).as(train.err()).isZero();
    TreeMap<Long, int[]> expected = new TreeMap<>();
    samples(SampleTable.open(spark(), noisy().toString()), "train")
        .forEach(s -> expected.put(s.id(), new int[] {s.label(), s.trueLabel()}));
    TreeMap<Long, int[]> logged = new TreeMap<>();
    for (Row row :
        spark()
            .read()
            .parquet(log + "/predictions/run_id=noisy/split=train")
            .select("sample_id", "label", "true_label")
            .collectAsList()) {
      logged.put(row.getLong(0), new int[] {row.getInt(1), row.getInt(2)});
    }
    assertThat(logged.keySet()).isEqualTo(expected.keySet());
    logged.forEach((id, labels) -> assertThat(labels).isEqualTo(expected.get(id)));
  }

  @Test
  void nothingDependsOnPartitions() throws IOException {
    importClasses(6, 200);
    Dataset<Row> rows = SampleTable.open(spark(), output()).rows(SampleTable.TRAIN).cache();
    DatasetDescriptor expected = null;
    try {
      rows.count();
      // No two files share a partition.
      spark().conf().set("spark.sql.files.openCostInBytes", "1g");
      for (int partitions : new int[] {1, 2, 7}) {
        rows.repartition(partitions)
            .write()
            .mode("overwrite")
            .parquet(output() + "/samples/split=train");
        DatasetDescriptor found =
            corrupted("--noise", "symmetric", "--rate", "0.3", "--imbalance", "10", "--overwrite")
                .descriptor();
        expected = expected == null ? found : expected;
        assertThat(found).isEqualTo(expected);
      }
    } finally {
      spark().conf().unset("spark.sql.files.openCostInBytes");
      rows.unpersist();
    }
  }

  /** The sizes of CIFAR-10 with a long tail of factor 100, as published, at a tenth. */
  @Test
  void classSizesFallExponentially() throws IOException {
    importClasses(10, 500);
    SampleTable table = corrupted("--imbalance", "100");
    assertThat(table.descriptor().splits().get("train").perClass())
        .containsExactly(500L, 299L, 179L, 107L, 64L, 38L, 23L, 13L, 8L, 5L);
    assertThat(table.descriptor().imbalance().removed())
        .containsExactly(0L, 201L, 321L, 393L, 436L, 462L, 477L, 487L, 492L, 495L);
    assertThat(table.descriptor().labelNoise()).isNull();
    assertThat(samples(table, "train"))
        .allSatisfy(sample -> assertThat(sample.trueLabel()).isEqualTo(Sample.NO_LABEL));
  }

  @Test
  void theLongTailComesFirstThenTheNoise() throws IOException {
    importClasses(3, 100);
    SampleTable table =
        corrupted("--imbalance", "100", "--noise", "symmetric", "--rate", "0.5", "--seed", "2");
    long[][] counts = transitions(table);
    assertThat(counts[0][0]).isEqualTo(50);
    assertThat(counts[1][1]).isEqualTo(5);
    assertThat(counts[2][2]).isEqualTo(1);
    assertThat(table.descriptor().samples("train")).isEqualTo(111);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--noise symmetric --rate 1.5 | Invalid rate of label noise: 1.5, expected a fraction from 0 to 1",
        "--noise symmetric --rate -0.1 | Invalid rate of label noise: -0.1, expected a fraction from 0 to 1",
        "--noise pair-swap --rate NaN | Invalid rate of label noise: NaN, expected a fraction from 0 to 1",
        "--noise pair-swap --rate 0.1 --include-true-class | Invalid label noise: pair-swap with the true class included, expected that with symmetric only",
        "--imbalance 0.5 | Invalid imbalance factor: 0.5, expected 1 or more",
        "--imbalance Infinity | Invalid imbalance factor: Infinity, expected 1 or more",
        "--seed 1 | Nothing to corrupt: expected --noise, --imbalance or both"
      })
  void valuesOutOfRangeAreRefused(String options, String message) throws IOException {
    importClasses(2, 5);
    assertBadInput(run(options.split(" ")), message);
  }

  @Test
  void aRateWithoutNoiseIsAUsageError() throws IOException {
    importClasses(2, 5);
    assertThat(run("--rate", "0.5", "--imbalance", "2").exitCode()).isEqualTo(2);
    assertThat(run("--noise", "symmetric").exitCode()).isEqualTo(2);
    assertThat(run("--noise", "other", "--rate", "0.5").exitCode()).isEqualTo(2);
  }

  @Test
  void dataThatIsNotCleanIsRefused() throws IOException {
    importClasses(2, 10);
    corrupted("--noise", "symmetric", "--rate", "0.5");
    String again = folder.resolve("again").toString();
    assertBadInput(
        CommandRun.of(
            "corrupt", "--data", noisy().toString(), "--imbalance", "2", "--output", again),
        "file:"
            + noisy()
            + " was corrupted before (symmetric label noise of rate 0.5), expected a clean data set");
    corrupted("--imbalance", "2", "--overwrite");
    assertBadInput(
        CommandRun.of(
            "corrupt", "--data", noisy().toString(), "--imbalance", "2", "--output", again),
        "file:"
            + noisy()
            + " was corrupted before (imbalance factor 2.0), expected a clean data set");
    assertThat(Path.of(again)).doesNotExist();
  }

  @Test
  void theCleanDataSetIsNotReplaced() throws IOException {
    importClasses(2, 10);
    assertBadInput(
        CommandRun.of(
            "corrupt",
            "--data",
            output(),
            "--imbalance",
            "2",
            "--output",
            output() + "/",
            "--overwrite"),
        "Invalid output: " + output() + "/ is the clean data set, expected another directory");
    assertThat(SampleTable.open(spark(), output()).descriptor().imbalance()).isNull();
  }

  @Test
  void dataWithoutTrainingLabelsIsRefused() throws IOException {
    imported("--format", "csv", "--input", text("new.csv", "1,2", "2,1"), "--unlabelled");
    assertBadInput(
        run("--imbalance", "2"),
        "file:" + output() + " has no split 'train', expected one of [test]");
  }

  private void assertBadInput(CommandRun run, String message) {
    assertThat(run.err()).isEqualTo("holdfast: " + message + System.lineSeparator());
    assertThat(run.exitCode()).isEqualTo(3);
  }
}
