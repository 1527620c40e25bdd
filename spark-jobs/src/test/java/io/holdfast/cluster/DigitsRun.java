package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The quickstart's training on the bundled digits, shortened. */
final class DigitsRun {
  static final int EPOCHS = 4;

  private DigitsRun() {}

  /** Imports the digits, in this process. */
  static void importTo(String data) {
    io.holdfast.CommandRun run =
        io.holdfast.CommandRun.of(
            "import",
            "--format",
            "csv",
            "--input",
            "file:" + TestData.projectFile("conf/data/digits.csv"),
            "--output",
            data);
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  /** The command line of {@code train}, for the run that has its method's name. */
  static String[] train(String method, String data, String out, String... launcher) {
    List<String> arguments = new ArrayList<>(List.of("train", "--driver-memory", "768m"));
    arguments.addAll(Arrays.asList(launcher));
    arguments.addAll(
        List.of(
            "--config",
            "file:" + TestData.projectFile("conf/quickstart.conf"),
            "--conf",
            "train.epochs=" + EPOCHS,
            "--conf",
            "method=" + method,
            "--data",
            data,
            "--out",
            out,
            "--run-id",
            method));
    return arguments.toArray(String[]::new);
  }

  /** Trains in the launcher's own process, on local files. */
  static void trainHere(String method, Path data, Path out) throws Exception {
    Launched run =
        Launched.run(
            java.util.Map.of(),
            train(
                method,
                data.toString(),
                out.toString(),
                "--master",
                "local[2]",
                "--spark-profile",
                "local"));
    assertThat(run.exitCode()).as(run.err()).isZero();
  }
}
