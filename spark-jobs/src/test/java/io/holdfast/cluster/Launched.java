package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What the launcher did as a process of its own.
 *
 * @param exitCode its exit status
 * @param err what it told on standard error
 */
record Launched(int exitCode, String err) {

  /** Runs the launcher to its end. */
  static Launched run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    Path err = Files.createTempFile(Path.of("target"), "launched", ".err");
    try {
      int exitCode = start(environment, err, arguments).waitFor();
      return new Launched(exitCode, Files.readString(err));
    } finally {
      Files.delete(err);
    }
  }

  /** Runs the launcher, which has to end with 0. */
  static void succeeds(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    Launched run = run(environment, arguments);
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  /** Starts the launcher, with its standard error in a file. */
  static Process start(Map<String, String> environment, Path err, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(List.of(TestData.projectFile("submit-scripts/holdfast").toString()));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err.toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().remove("HADOOP_CONF_DIR");
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** The lines that Holdfast itself told, not Spark. */
  List<String> told() {
    return err.lines().filter(line -> line.startsWith("holdfast: ")).toList();
  }
}
