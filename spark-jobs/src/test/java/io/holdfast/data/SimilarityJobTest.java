package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.CommandRun;
import io.holdfast.GoldFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code holdfast similarity}: its matrix, and what bad input gets. */
class SimilarityJobTest extends ImportTesting {
  private static final int CLASSES = 5;
  private static final int HEIGHT = 3;
  private static final int WIDTH = 4;

  private final int[] labels = new Random(3).ints(400, 0, CLASSES).toArray();
  private final byte[][] images = images(labels);

  private static byte[][] images(int[] labels) {
    Random random = new Random(4);
    int[][] centres = new int[CLASSES][HEIGHT * WIDTH];
    for (int[] centre : centres) {
      Arrays.setAll(centre, i -> 60 + random.nextInt(136));
    }
    byte[][] images = new byte[labels.length][HEIGHT * WIDTH];
    for (int s = 0; s < labels.length; s++) {
      for (int i = 0; i < images[s].length; i++) {
        images[s][i] = (byte) (centres[labels[s]][i] + random.nextInt(120) - 60);
      }
    }
    return images;
  }

  private void importImages() throws IOException {
    imported(
        "--format",
        "idx",
        "--input",
        gzip("train-images-idx3-ubyte.gz", idxImages(HEIGHT, WIDTH, images)),
        bytes("train-labels-idx1-ubyte", idxLabels(labels)),
        "--test",
        "0");
  }

  private Path matrixFile() {
    return folder.resolve("similarity.json");
  }

  private CommandRun run(String... more) {
    List<String> line =
        new ArrayList<>(
            List.of("similarity", "--data", output(), "--out", matrixFile().toString()));
    line.addAll(List.of(more));
    return CommandRun.of(line.toArray(String[]::new));
  }

  private double[][] matrix(int classes, String... more) {
    CommandRun run = run(more);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return ClassMatrix.readSimilarity(spark(), matrixFile().toString(), classes);
  }

  private static void assertClose(double[][] found, double[][] expected, double tolerance) {
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < expected.length; j++) {
        assertThat(found[i][j])
            .as("row %d, column %d", i, j)
            .isCloseTo(expected[i][j], within(tolerance));
      }
    }
  }

  /** Sample tables hold float32, the golden samples are float64. */
  @TestFactory
  List<DynamicTest> goldenSamplesGiveTheGoldenMatrix() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode gold : GoldFile.read("lda.json").path("cases")) {
      tests.add(DynamicTest.dynamicTest(gold.path("name").asText(), () -> check(gold)));
    }
    assertThat(tests).isNotEmpty();
    return tests;
  }

  private void check(JsonNode gold) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < gold.get("X").size(); i++) {
      List<String> cells = new ArrayList<>();
      gold.get("X").get(i).forEach(cell -> cells.add(cell.asText()));
      cells.add(gold.get("y").get(i).asText());
      lines.add(String.join(",", cells));
    }
    Path csv = text("gold.csv", lines.toArray(String[]::new));
    imported("--format", "csv", "--input", csv, "--test", "0", "--overwrite");
    JsonNode out = gold.get("out");
    double[][] found =
        matrix(
            gold.get("K").asInt(),
            "--shrinkage",
            Double.toString(out.get("shrinkage").asDouble()),
            "--center",
            GoldFile.flag(out.get("centered")) ? "mean" : "none",
            "--overwrite");
    double[][] expected = new double[found.length][found.length];
    for (int i = 0; i < found.length; i++) {
      for (int j = 0; j < found.length; j++) {
        expected[i][j] = out.get("A").get(i).get(j).asDouble();
      }
    }
    assertClose(found, expected, 1e-6);
  }

  @ParameterizedTest
  @CsvSource({"1,logistic", "2,logistic", "3,exponential", "4,linear", "4,logistic"})
  void anImagesPixelsAreItsFeatures(int directions, String function) throws IOException {
    importImages();
    double[][] x = new double[images.length][HEIGHT * WIDTH];
    for (int s = 0; s < x.length; s++) {
      for (int j = 0; j < x[s].length; j++) {
        x[s][j] = (images[s][j] & 0xff) / 255.0;
      }
    }
    DoubleUnaryOperator similarity =
        switch (function) {
          case "logistic" -> d -> 1 / (1 + Math.exp(d));
          case "exponential" -> d -> Math.exp(-d);
          default -> d -> (2 - d) / 2;
        };
    double[][] found =
        matrix(
            CLASSES,
            "--directions",
            "" + directions,
            "--shrinkage",
            "0.3",
            "--similarity-function",
            function);
    assertClose(found, byEigenvectors(x, labels, directions, 0.3, similarity), 1e-9);
  }

  /** Oracle: whitening by the inverse root of Sw, eigenvectors of the whitened Sb. */
  private static double[][] byEigenvectors(
      double[][] x,
      int[] labels,
      int directions,
      double shrinkage,
      DoubleUnaryOperator similarity) {
    int features = x[0].length;
    double[] count = new double[CLASSES];
    double[][] means = new double[CLASSES][features];
    double[] mean = new double[features];
    for (int s = 0; s < x.length; s++) {
      count[labels[s]]++;
      for (int j = 0; j < features; j++) {
        means[labels[s]][j] += x[s][j];
        mean[j] += x[s][j] / x.length;
      }
    }
    for (int c = 0; c < CLASSES; c++) {
      for (int j = 0; j < features; j++) {
        means[c][j] /= count[c];
      }
    }
    RealMatrix within = new Array2DRowRealMatrix(features, features);
    RealMatrix between = new Array2DRowRealMatrix(features, features);
    for (int i = 0; i < features; i++) {
      for (int j = 0; j < features; j++) {
        for (int s = 0; s < x.length; s++) {
          double[] centre = means[labels[s]];
          within.addToEntry(i, j, (x[s][i] - centre[i]) * (x[s][j] - centre[j]) / x.length);
        }
        for (int c = 0; c < CLASSES; c++) {
          between.addToEntry(
              i, j, count[c] / x.length * (means[c][i] - mean[i]) * (means[c][j] - mean[j]));
        }
      }
    }
    double ridge = shrinkage * within.getTrace() / features;
    RealMatrix shrunk = within.scalarMultiply(1 - shrinkage);
    for (int j = 0; j < features; j++) {
      shrunk.addToEntry(j, j, ridge);
    }
    RealMatrix whitening =
        new LUDecomposition(new EigenDecomposition(shrunk).getSquareRoot())
            .getSolver()
            .getInverse();
    EigenDecomposition eigen =
        new EigenDecomposition(whitening.multiply(between).multiply(whitening));
    double[] values = eigen.getRealEigenvalues().clone();
    double[][] projected = new double[CLASSES][directions];
    for (int r = 0; r < directions; r++) {
      int largest = 0;
      for (int i = 1; i < features; i++) {
        largest = values[i] > values[largest] ? i : largest;
      }
      values[largest] = Double.NEGATIVE_INFINITY;
      RealVector direction = whitening.operate(eigen.getEigenvector(largest));
      for (int c = 0; c < CLASSES; c++) {
        for (int j = 0; j < features; j++) {
          projected[c][r] += direction.getEntry(j) * (means[c][j] - mean[j]);
        }
      }
    }
    double[][] matrix = new double[CLASSES][CLASSES];
    for (int i = 0; i < CLASSES; i++) {
      double sum = 0;
      for (int j = 0; j < CLASSES; j++) {
        double cosine =
            dot(projected[i], projected[j])
                / Math.sqrt(dot(projected[i], projected[i]) * dot(projected[j], projected[j]));
        matrix[i][j] = i == j ? 0 : similarity.applyAsDouble(1 - cosine);
        sum += matrix[i][j];
      }
      for (int j = 0; j < CLASSES; j++) {
        matrix[i][j] /= sum;
      }
    }
    return matrix;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void theFileDoesNotDependOnPartitions() throws IOException {
    importImages();
    assertSameBytesInAnyPartitions();
    imported("--format", "csv", "--input", IRIS, "--overwrite");
    assertSameBytesInAnyPartitions();
  }

  private void assertSameBytesInAnyPartitions() throws IOException {
    Dataset<Row> rows = SampleTable.open(spark(), output()).rows(SampleTable.TRAIN).cache();
    byte[] expected = null;
    try {
      rows.count();
      // No two files share a partition.
      spark().conf().set("spark.sql.files.openCostInBytes", "1g");
      for (int partitions : new int[] {1, 2, 7}) {
        rows.repartition(partitions)
            .write()
            .mode("overwrite")
            .parquet(output() + "/samples/split=train");
        assertThat(
                SampleTable.open(spark(), output())
                    .rows(SampleTable.TRAIN)
                    .rdd()
                    .getNumPartitions())
            .isEqualTo(partitions);
        assertThat(run("--overwrite").exitCode()).isZero();
        byte[] found = Files.readAllBytes(matrixFile());
        expected = expected == null ? found : expected;
        assertThat(found).isEqualTo(expected);
      }
    } finally {
      spark().conf().unset("spark.sql.files.openCostInBytes");
      rows.unpersist();
    }
  }

  /** The factor that brings numbers into the range of the exact sums cancels. */
  @Test
  void largeAndSmallNumbersAreScaledFirst() throws IOException {
    double[][] expected = scaledIris(1);
    for (double factor : new double[] {0x1p-60, 0x1p60}) {
      assertThat(scaledIris(factor)).isDeepEqualTo(expected);
    }
  }

  private double[][] scaledIris(double factor) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(IRIS)) {
      String[] cells = line.split(",");
      int features = line.startsWith("sepal") ? 0 : cells.length - 1;
      for (int i = 0; i < features; i++) {
        cells[i] = "" + (float) (Float.parseFloat(cells[i]) * factor);
      }
      lines.add(String.join(",", cells));
    }
    Path csv = text("scaled.csv", lines.toArray(String[]::new));
    imported("--format", "csv", "--input", csv, "--overwrite");
    return matrix(3, "--overwrite");
  }

  @Test
  void printsTheNearestClassesAndWritesTheDetails() throws IOException {
    imported("--format", "csv", "--input", IRIS);
    Path details = folder.resolve("details.json");
    CommandRun run = run("--json", details.toString());
    double[][] matrix = ClassMatrix.readSimilarity(spark(), matrixFile().toString(), 3);
    int nearest = matrix[0][1] > matrix[0][2] ? 1 : 2;
    String name = SampleTable.open(spark(), output()).descriptor().describeClass(nearest);
    assertThat(run.out().lines().filter(line -> line.startsWith("0")).findFirst().orElseThrow())
        .contains("  " + name + String.format(Locale.ROOT, " (%.4f)", matrix[0][nearest]));
    assertThat(run.out()).contains("120 training samples, 2 directions, shrinkage 0.1, logistic");
    assertThat(Files.readString(details))
        .contains("\"similarity_function\" : \"logistic\"", "\"cosine\"", "\"directions\" : 2");
  }

  @Test
  void oneMatrixOfAnAnalysisIsReadAndSeveralAreListed() {
    String table = folder.resolve("class_similarity").toString();
    spark()
        .sql(
            "select 'a' run_id, 'test' split, 'eval' phase, epoch, class, other,"
                + " cast(if(epoch = 2 and other = (class + 1) % 3, 0.75, if(epoch = 2, 0.25, 0.5))"
                + " as double) similarity from (select explode(array(1, 2)) epoch)"
                + " cross join (select explode(array(0, 1, 2)) class)"
                + " cross join (select explode(array(0, 1, 2)) other) where class != other")
        .write()
        .parquet(table);
    assertThat(ClassMatrix.readSimilarity(spark(), table + "?run_id=a&epoch=2", 3))
        .isDeepEqualTo(new double[][] {{0, 0.75, 0.25}, {0.25, 0, 0.75}, {0.75, 0.25, 0}});
    String several =
        "2 matrices, expected one, as in " + table + "?run_id=R&split=S&phase=P&epoch=N";
    String there = "there are run_id=a split=test phase=eval epoch=1..2";
    assertThatThrownBy(() -> ClassMatrix.readSimilarity(spark(), table, 3))
        .hasMessage(table + ": " + several + "; " + there);
    assertThatThrownBy(() -> ClassMatrix.readSimilarity(spark(), table + "?epoch=3", 3))
        .hasMessageContainingAll("?epoch=3: 0 matrices, expected one", there);
    assertThatThrownBy(() -> ClassMatrix.readSimilarity(spark(), table + "?epok=3", 3))
        .hasMessageContaining("epok=3 in " + table);
    assertThatThrownBy(() -> ClassMatrix.readSimilarity(spark(), table + "?epoch=2", 2))
        .hasMessageContaining("expected 0 to 1, the classes of the data");
    assertThatThrownBy(() -> ClassMatrix.readSimilarity(spark(), table + "?epoch=2", 4))
        .hasMessageContaining("row 3 sums to 0.0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--directions | 0 | Invalid number of directions: 0, expected 1 to 2 (classes - 1)",
        "--directions | 3 | Invalid number of directions: 3, expected 1 to 2 (classes - 1)",
        "--shrinkage | 1.5 | Invalid shrinkage: 1.5, expected 0 to 1",
        "--shrinkage | NaN | Invalid shrinkage: NaN, expected 0 to 1",
        "--shrinkage | -0.1 | Invalid shrinkage: -0.1, expected 0 to 1"
      })
  void valuesOutOfRangeAreRefused(String option, String value, String message) {
    imported("--format", "csv", "--input", IRIS);
    assertBadInput(run(option, value), message);
  }

  @Test
  void aClassWithoutSamplesIsRefused() throws IOException {
    Path csv = text("gap.csv", "1,2,0", "2,1,0", "3,5,2", "4,4,2");
    imported("--format", "csv", "--input", csv, "--test", "0", "--allow-empty-classes");
    assertBadInput(
        run(),
        "file:"
            + output()
            + ": class 1 has 0 training samples, expected at least 1 for each of the 3 classes");
  }

  @Test
  void dataWithoutTrainingSamplesIsRefused() throws IOException {
    Path csv = text("new.csv", "1,2", "2,1");
    imported("--format", "csv", "--input", csv, "--unlabelled");
    assertBadInput(run(), "file:" + output() + " has no split 'train', expected one of [test]");
  }

  @Test
  void scatterWithoutShrinkageMayBeSingular() throws IOException {
    Path csv = text("flat.csv", "1,2,0", "1,1,0", "1,5,1", "1,4,1");
    imported("--format", "csv", "--input", csv, "--test", "0");
    CommandRun run = run("--shrinkage", "0");
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("singular", "expected some scatter or a larger shrinkage");
    assertThat(run().exitCode()).isZero();
  }

  @Test
  void anExistingFileIsKeptUnlessTold() throws IOException {
    imported("--format", "csv", "--input", IRIS);
    Files.writeString(matrixFile(), "mine");
    assertThat(run().exitCode()).isEqualTo(5);
    assertThat(Files.readString(matrixFile())).isEqualTo("mine");
    matrix(3, "--overwrite");
  }

  private void assertBadInput(CommandRun run, String message) {
    assertThat(run.err()).isEqualTo("holdfast: " + message + System.lineSeparator());
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(matrixFile()).doesNotExist();
  }
}
