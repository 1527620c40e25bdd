package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The launcher in a process of its own. */
final class LauncherProcess {

  private LauncherProcess() {}

  /** The bundled digits as a sample table. */
  static Path importDigits(Path table) throws Exception {
    String digits = TestData.projectFile("conf/data/digits.csv").toString();
    assertThat(run("import", "--format", "csv", "--input", digits, "--output", table.toString()))
        .isZero();
    return table;
  }

  /** Arguments of a small run of FER with three workers; its options for Spark come first. */
  static String[] training(Path data, Path out, String... launcher) {
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.addAll(Arrays.asList(launcher));
    arguments.addAll(
        List.of(
            "--data",
            data.toString(),
            "--out",
            out.toString(),
            "--run-id",
            "run",
            "--conf",
            "method=fer",
            "--conf",
            "train.epochs=4",
            "--conf",
            "train.workers=3",
            "--conf",
            "train.averaging_frequency=2",
            "--conf",
            "model.hidden=32"));
    return arguments.toArray(String[]::new);
  }

  /** Waits for the end; the exit code. */
  static int run(String... arguments) throws Exception {
    Process process = start(arguments);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  static Process start(String... arguments) throws IOException {
    return of(arguments).start();
  }

  /** What it says goes where this process's goes. */
  static ProcessBuilder of(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of(TestData.projectFile("submit-scripts/holdfast").toString()));
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).inheritIO();
  }
}
