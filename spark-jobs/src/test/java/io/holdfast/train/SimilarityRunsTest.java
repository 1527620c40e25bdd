package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.CommandRun;
import io.holdfast.TestData;
import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.data.ClassMatrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From class similarities to a run that trains with them, by the commands a user types. */
class SimilarityRunsTest extends DigitsRuns {

  @Test
  void theSimilaritiesOfADataSetAreTrainedWith() {
    Path file = folder.resolve("digits.json");
    similarity(TestData.digits(), file);
    train("mcel", TestData.digits(), "method=mcel", "mcel.similarity=" + file);
    assertTrainedWith(file.toString(), "mcel");
  }

  @Test
  void theSimilaritiesOfALoggedRunAreTrainedWith() {
    Path analysis = folder.resolve("analysis");
    int exitCode =
        AnalysisMain.run("analyze", "--log", log(), "--run-id", "fer", "--out", "" + analysis);
    assertThat(exitCode).isZero();
    String matrix =
        analysis.resolve("class_similarity")
            + "?run_id=fer&split=train&phase=train_pass&epoch="
            + EPOCHS;
    train("analysed", TestData.digits(), "method=mcel", "mcel.similarity=" + matrix);
    assertTrainedWith(matrix, "analysed");
  }

  @Test
  void aRunWithoutEpochsResumesOnlyWithItsSimilarities() throws IOException {
    Path file = folder.resolve("own.json");
    similarity(TestData.digits(), file);
    train("early", TestData.digits(), "method=mcel", "mcel.similarity=" + file);
    try (Stream<Path> commits = Files.list(Path.of(log(), "runs", "early", "commits"))) {
      for (Path commit : commits.toList()) {
        Files.delete(commit);
      }
    }
    byte[] own = Files.readAllBytes(file);
    Files.write(file, new ClassMatrix(1, CLASSES, uniform()).toBytes());
    String[] resume = {"resume", "--out", log(), "--run-id", "early"};
    assertRefused(5, List.of("another content of " + file), () -> CommandRun.of(resume));
    Files.write(file, own);
    Path kept = Path.of(log(), "runs", "early", "similarity.json");
    Files.writeString(kept, "{\"format\": 1");
    assertRefused(4, List.of("Invalid similarity matrix " + kept), () -> CommandRun.of(resume));
    Files.write(kept, own);
    done(CommandRun.of(resume));
  }

  /** The run started from the matrix, kept it, and learned. */
  private static void assertTrainedWith(String matrix, String runId) {
    double[][] expected = ClassMatrix.readSimilarity(spark(), matrix, CLASSES);
    assertThat(Arrays.stream(expected[0]).skip(1)).doesNotContain(1.0 / (CLASSES - 1));
    CommittedRun run = CommittedRun.open(new Configuration(), new LogRoot(log()), runId);
    for (int epoch : List.of(1, EPOCHS)) {
      assertThat(run.state(epoch).shared())
          .containsExactly(Arrays.stream(expected).flatMapToDouble(Arrays::stream).toArray());
    }
    EpochSummary.Split last =
        EpochSummary.of(run.commits().read(runId, EPOCHS)).splits().get("train");
    EpochSummary.Split first = EpochSummary.of(run.commits().read(runId, 1)).splits().get("train");
    assertThat(last.loss()).isLessThan(first.loss());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "one row less | 9 rows (expected 10, the classes of the data)",
        "one entry less | row 4 has 9 entries (expected 10)",
        "a negative entry | entry -0.25 in row 2, column 3 (expected 0 or more)",
        "an entry on the diagonal | 0.5 on the diagonal of row 5 (expected 0)",
        "a row that is too large | row 7 sums to 1.5 (expected 1)",
        "text | expected JSON with format, classes and matrix"
      })
  void aMatrixThatIsNoneIsRefused(String what, String message) throws IOException {
    double[][] matrix = uniform();
    switch (what) {
      case "one row less" -> matrix = Arrays.copyOf(matrix, CLASSES - 1);
      case "one entry less" -> matrix[4] = Arrays.copyOf(matrix[4], CLASSES - 1);
      case "a negative entry" -> matrix[2][3] = -0.25;
      case "an entry on the diagonal" -> matrix[5][5] = 0.5;
      case "a row that is too large" -> matrix[7] = new double[] {1.5, 0, 0, 0, 0, 0, 0, 0, 0, 0};
      default -> matrix = null;
    }
    Path file = folder.resolve("bad.json");
    if (matrix == null) {
      Files.writeString(file, "similar");
    } else {
      new ObjectMapper().writeValue(file.toFile(), new ClassMatrix(1, CLASSES, matrix));
    }
    assertTrainRefuses(file.toString(), message);
  }

  @Test
  void theSimilaritiesOfOtherClassesAreRefused() {
    Path iris = folder.resolve("iris");
    done(
        CommandRun.of(
            "import",
            "--format",
            "csv",
            "--input",
            TestData.projectFile("conf/data/iris.csv").toString(),
            "--output",
            iris.toString()));
    Path file = folder.resolve("iris.json");
    similarity(iris.toString(), file);
    assertTrainRefuses(file.toString(), "3 rows (expected 10, the classes of the data)");
  }

  @Test
  void aFileThatIsNotThereIsRefused() {
    assertTrainRefuses(folder.resolve("nowhere.json").toString(), "Cannot read");
  }

  private static void assertTrainRefuses(String matrix, String message) {
    for (String method : List.of("mcel", "sg-mcel", "gmcel")) {
      List<String> line =
          new ArrayList<>(
              List.of("train", "--data", TestData.digits(), "--out", log(), "--run-id", "bad"));
      for (String key : List.of("method=" + method, method + ".similarity=" + matrix)) {
        line.addAll(List.of("--conf", key));
      }
      assertRefused(3, List.of(matrix, message), () -> CommandRun.of(line.toArray(String[]::new)));
    }
  }

  private static void similarity(String data, Path file) {
    done(CommandRun.of("similarity", "--data", data, "--out", file.toString()));
  }

  private static double[][] uniform() {
    double[][] matrix = new double[CLASSES][CLASSES];
    for (int row = 0; row < CLASSES; row++) {
      Arrays.fill(matrix[row], 1.0 / (CLASSES - 1));
      matrix[row][row] = 0;
    }
    return matrix;
  }
}
