package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Maven assembled, through the launcher and embedded Spark. */
class PackageIT {
  private static final Path LAUNCHER = Path.of("..", "submit-scripts", "holdfast");
  private static final Path PACKAGE = Path.of("target", "holdfast");

  @TempDir Path temporary;

  @Test
  void executorsInTheirOwnProcessesComputeAsTheDriverDoes()
      throws IOException, InterruptedException {
    Path json = temporary.resolve("findings.json");
    Outcome doctor =
        launch("doctor", "--master", "local-cluster[1,1,1024]", "--json", json.toString());
    assertThat(doctor.exitCode()).as(doctor.out()).isZero();
    assertThat(doctor.out().lines())
        .anyMatch(line -> line.startsWith("ok") && line.contains("oneDNN helpers"))
        .anyMatch(line -> line.startsWith("ok") && line.contains("executors compute as the driver"))
        .noneMatch(line -> line.startsWith("FAIL"));
    assertThat(json).content().contains("\"native environment\"");
  }

  @Test
  void thePackageHoldsOneNativeBuildAndNothingThatSparkBrings() throws IOException {
    Properties build = new Properties();
    try (InputStream in = Files.newInputStream(PACKAGE.resolve("build.properties"))) {
      build.load(in);
    }
    String classifier =
        build.getProperty("native.platform") + build.getProperty("native.extension");
    List<String> jars = names(PACKAGE.resolve("lib"));
    assertThat(jars)
        .filteredOn(jar -> jar.startsWith("nd4j-native-") && jar.contains("linux"))
        .containsExactly(
            "nd4j-native-" + build.getProperty("dl4j.version") + "-" + classifier + ".jar");
    List<String> spark = names(Path.of("target", "spark-home", "jars"));
    assertThat(spark).contains("scala-library-2.12.18.jar").doesNotContainAnyElementsOf(jars);
    assertThat(jars)
        .noneMatch(
            jar -> jar.matches("(opencv|ffmpeg|hdf5|leptonica|kryo|asm|scala|slf4j|commons).*"));
  }

  @Test
  void theAnalysisFitsInFiveMegabytes() throws IOException {
    try (Stream<Path> jars = Files.list(PACKAGE.resolve("lib"))) {
      assertThat(jars.filter(jar -> jar.getFileName().toString().startsWith("holdfast-analysis-")))
          .singleElement()
          .satisfies(jar -> assertThat(jar.toFile().length()).isLessThanOrEqualTo(5_000_000));
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private Outcome launch(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("sh", LAUNCHER.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder process = new ProcessBuilder(command).redirectErrorStream(true);
    process.environment().remove("SPARK_HOME");
    Path out = temporary.resolve("out");
    int exitCode = process.redirectOutput(out.toFile()).start().waitFor();
    return new Outcome(exitCode, Files.readString(out));
  }

  private record Outcome(int exitCode, String out) {}
}
