package io.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bundled data, imported once for all tests of this process. */
public final class TestData {
  private static Path digits;

  private TestData() {}

  /** A file below the top of the project. */
  public static Path projectFile(String relative) {
    return Path.of("").toAbsolutePath().getParent().resolve(relative);
  }

  /** Sample table of the digits with a training, a validation and a test part. */
  public static synchronized String digits() {
    if (digits == null) {
      try {
        digits =
            Files.createTempDirectory(Path.of("target"), "digits")
                .resolve("table")
                .toAbsolutePath();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      CommandRun run =
          CommandRun.of(
              "import",
              "--format",
              "csv",
              "--input",
              projectFile("conf/data/digits.csv").toString(),
              "--validation",
              "0.1",
              "--output",
              digits.toString());
      assertThat(run.exitCode()).as(run.err()).isZero();
    }
    return digits.toString();
  }
}
