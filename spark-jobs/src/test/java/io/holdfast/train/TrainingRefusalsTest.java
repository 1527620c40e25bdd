package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
}
