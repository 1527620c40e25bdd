package io.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The first of the bundled digits. */
final class ChaosData {
  private static final int SAMPLES = 600;

  private ChaosData() {}

  /** Imports them with the session that is open; returns where the sample table lies. */
  static String importInto(Path directory) throws IOException {
    Path digits = directory.resolve("digits.csv");
    try (Stream<String> lines = Files.lines(TestData.projectFile("conf/data/digits.csv"))) {
      Files.write(digits, lines.limit(SAMPLES + 1).toList());
    }
    String data = directory.resolve("data").toString();
    CommandRun imported =
        CommandRun.of(
            Stream.of(
                    List.of("import", "--format", "csv", "--input", digits.toString()),
                    List.of("--test", "0.2", "--validation", "0", "--output", data))
                .flatMap(List::stream)
                .toArray(String[]::new));
    assertThat(imported.exitCode()).as(imported.err()).isZero();
    return data;
  }
}
