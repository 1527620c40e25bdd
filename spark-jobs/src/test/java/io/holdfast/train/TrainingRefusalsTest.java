package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys that nothing can be trained with get one line, exit code 3, and no run. */
class TrainingRefusalsTest extends LocalSpark {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "method=kd | Missing key: kd.teacher (expected the id of a run)",
        "method=kd kd.teacher=nobody | No run nobody in ",
        "method=ols ols.period=7 train.averaging_frequency=5 |"
            + " Invalid value for ols.period: 7 (expected a multiple of"
            + " train.averaging_frequency = 5)",
        "train.precision=half | Invalid value for train.precision: half (expected float: the CPU"
            + " backend emulates half precision, which is many times slower)",
        "train.precision=bfloat16 | Invalid value for train.precision: bfloat16 (expected float:"
            + " DL4J 1.0.0-M2.1 has no networks of bfloat16)",
        "train.precision=double | Invalid value for train.precision: double (expected one of float,"
            + " half, bfloat16)"
      })
  void isRefused(String keys, String message, @TempDir Path directory) {
    Path out = directory.resolve("log");
    List<String> line =
        new ArrayList<>(
            List.of(
                "train", "--data", TestData.digits(), "--out", out.toString(), "--run-id", "run"));
    for (String key : keys.split(" ")) {
      line.addAll(List.of("--conf", key));
    }
    CommandRun run = CommandRun.of(line.toArray(String[]::new));
    assertThat(run.err()).startsWith("holdfast: " + message).hasLineCount(1);
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(out).doesNotExist();
  }

  @Test
  void aTeacherOfOtherClassesIsRefused(@TempDir Path directory) {
    Path iris = directory.resolve("iris");
    done(
        "import --format csv --output",
        iris,
        "--input",
        TestData.projectFile("conf/data/iris.csv"));
    Path out = directory.resolve("log");
    String keys = "--conf train.epochs=1 --conf model.hidden=4 --out";
    done("train --run-id iris --data", iris, keys, out);
    List<String> before = files(out);
    CommandRun run =
        command(
            "train --run-id student --conf method=kd --conf kd.teacher=iris --data",
            TestData.digits(),
            keys,
            out);
    assertThat(run.err())
        .startsWith(
            "holdfast: Teacher run iris has 3 classes and samples of shape [4] (expected 10")
        .hasLineCount(1);
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(files(out)).isEqualTo(before);
  }

  /** A copy that lost a file, or has one twice. */
  @ParameterizedTest
  @CsvSource({"train, false", "train, true", "test, false", "test, true"})
  void aTableThatIsNotWholeIsRefused(String split, boolean twice, @TempDir Path directory)
      throws IOException {
    Path table = directory.resolve("table");
    FileUtils.copyDirectory(Path.of(TestData.digits()).toFile(), table.toFile());
    try (Stream<Path> parts = Files.list(table.resolve("samples/split=" + split))) {
      Path part = parts.filter(path -> path.toString().endsWith(".parquet")).findFirst().get();
      if (twice) {
        Files.copy(part, part.resolveSibling("part-copied.parquet"));
      } else {
        Files.delete(part);
      }
    }
    Path out = directory.resolve("log");
    CommandRun run =
        command(
            "train --run-id r --conf train.epochs=1 --conf model.hidden=4 --out",
            out,
            "--data",
            table);
    assertThat(run.err())
        .contains(" samples of the split " + split + ", expected the ")
        .hasLineCount(1);
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(out.resolve("runs/r")).doesNotExist();
    assertThat(out.resolve("predictions/run_id=r")).doesNotExist();
  }

  private static List<String> files(Path directory) {
    try (Stream<Path> paths = Files.walk(directory)) {
      return paths.map(path -> path + " " + path.toFile().length()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void done(Object... parts) {
    CommandRun run = command(parts);
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  /** Words of a command line; a path is one, whatever it holds. */
  private static CommandRun command(Object... parts) {
    List<String> line = new ArrayList<>();
    for (Object part : parts) {
      line.addAll(part instanceof String words ? List.of(words.split(" ")) : List.of("" + part));
    }
    return CommandRun.of(line.toArray(String[]::new));
  }
}
