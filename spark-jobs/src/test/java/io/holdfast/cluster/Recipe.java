package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.TestData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a run learns from, and how.
 *
 * @param data arguments of {@code import} that name the samples
 * @param config the bundled configuration
 * @param settings that take the place of the configuration's
 */
record Recipe(List<String> data, String config, List<String> settings) {
  /** The whole quickstart. */
  static final Recipe QUICKSTART =
      new Recipe(
          List.of("--format", "csv", "--input", projectFile("conf/data/digits.csv")),
          "conf/quickstart.conf",
          List.of());

  /** The quickstart, with four epochs. */
  static final Recipe SHORT_QUICKSTART =
      new Recipe(QUICKSTART.data(), QUICKSTART.config(), List.of("train.epochs=4"));

  /**
   * The recipe of {@code submit-scripts/fashion-mnist} on clean labels.
   *
   * @param files directory with the four files of Fashion-MNIST
   */
  static Recipe fashionMnist(Path files) {
    return new Recipe(
        List.of(
            "--format",
            "idx",
            "--input",
            "file:" + files.resolve("train-images-idx3-ubyte.gz"),
            "file:" + files.resolve("train-labels-idx1-ubyte.gz"),
            "--test-input",
            "file:" + files.resolve("t10k-images-idx3-ubyte.gz"),
            "file:" + files.resolve("t10k-labels-idx1-ubyte.gz"),
            "--limit-train",
            "10000",
            "--limit-test",
            "5000"),
        "conf/fashion-mnist.conf",
        List.of());
  }

  private static String projectFile(String name) {
    return "file:" + TestData.projectFile(name);
  }

  /** Imports the samples, in this process. */
  void importTo(String table) {
    List<String> arguments = new ArrayList<>(List.of("import"));
    arguments.addAll(data);
    arguments.addAll(List.of("--output", table));
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  /** The command line of {@code train}, for the run that has its method's name. */
  String[] train(String method, String table, String out, String... launcher) {
    List<String> arguments = new ArrayList<>(List.of("train", "--driver-memory", "768m"));
    arguments.addAll(Arrays.asList(launcher));
    arguments.addAll(List.of("--config", projectFile(config), "--conf", "method=" + method));
    settings.forEach(setting -> arguments.addAll(List.of("--conf", setting)));
    arguments.addAll(List.of("--data", table, "--out", out, "--run-id", method));
    return arguments.toArray(String[]::new);
  }

  /** Trains in the launcher's own process, on local files. */
  void trainHere(String method, Path table, Path out) throws Exception {
    Launched.succeeds(
        Map.of(),
        train(
            method,
            table.toString(),
            out.toString(),
            "--master",
            "local[2]",
            "--spark-profile",
            "local"));
  }
}
