package io.holdfast.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
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
  void theBillOfMaterialsListsEveryJar() throws IOException {
    Set<String> listed = new HashSet<>();
    JsonNode bom = new ObjectMapper().readTree(PACKAGE.resolve("bom.json").toFile());
    for (JsonNode component : bom.get("components")) {
      String classifier =
          component.get("purl").asText().replaceFirst("^[^?]*", "").replaceFirst("^\\?", "");
      classifier =
          classifier.contains("classifier=")
              ? "-" + classifier.replaceFirst(".*classifier=", "").replaceFirst("&.*", "")
              : "";
      listed.add(
          component.get("name").asText()
              + "-"
              + component.get("version").asText()
              + classifier
              + ".jar");
    }
    assertThat(listed).containsAll(names(Path.of("target", "spark-home", "jars")));
    assertThat(listed)
        .containsAll(
            names(PACKAGE.resolve("lib")).stream()
                .filter(jar -> !jar.startsWith("holdfast-spark-jobs-"))
                .toList());
    assertThat(bom.get("metadata").get("component").get("name").asText())
        .isEqualTo("holdfast-spark-jobs");
  }

  @Test
  void noClassOfOursReadsJavaObjects() throws IOException {
    int classes = 0;
    for (String jar : names(PACKAGE.resolve("lib"))) {
      if (!jar.startsWith("holdfast-")) {
        continue;
      }
      try (ZipFile zip = new ZipFile(PACKAGE.resolve("lib").resolve(jar).toFile())) {
        for (ZipEntry entry : Collections.list(zip.entries())) {
          if (entry.getName().matches("io/holdfast/.*\\.class")) {
            classes++;
            // A constant pool names what a class uses in plain bytes.
            String used =
                new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(
                    Stream.of(
                            "java/io/ObjectInputStream",
                            "restoreComputationGraph",
                            "restoreMultiLayerNetwork",
                            "SerializationUtils")
                        .filter(used::contains))
                .as(entry.getName())
                .isEmpty();
          }
        }
      }
    }
    assertThat(classes).isGreaterThan(300);
  }

  @Test
  @EnabledIfSystemProperty(named = "holdfast.package", matches = ".+")
  void oneJarHoldsTheWholePackage() throws IOException {
    Path jar = Path.of(System.getProperty("holdfast.package"));
    assertThat(Files.size(jar)).isLessThan(200_000_000);
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      List<String> entries =
          zip.stream().filter(entry -> !entry.isDirectory()).map(ZipEntry::getName).toList();
      assertThat(entries)
          .filteredOn(entry -> entry.matches(".*[.](so|dll|dylib|jnilib|a)(\\.\\d+)*"))
          .isNotEmpty()
          .allMatch(entry -> entry.matches(".*/linux-x86[_-]64(-\\w+)?/.*"));
      assertThat(entries).filteredOn(entry -> entry.endsWith("libnd4jcpu.so")).hasSize(1);
      // TaskContextHelper is DL4J's own.
      String installed =
          "(org/apache/(spark/(?!TaskContextHelper)|hadoop/|commons/)|scala/|org/joda/|org/slf4j/).*";
      assertThat(entries)
          .contains("io/holdfast/shaded/com/google/gson/Gson.class")
          .noneMatch(entry -> entry.startsWith("com/google/gson/") || entry.matches(installed))
          .noneMatch(entry -> entry.matches("META-INF/.*[.](SF|RSA|DSA)"));
      // Merged from two jars.
      String services = "META-INF/services/org.nd4j.linalg.compression.NDArrayCompressor";
      assertThat(new String(zip.getInputStream(zip.getEntry(services)).readAllBytes(), UTF_8))
          .contains("org.nd4j.compression.impl.NoOp")
          .contains("org.nd4j.linalg.cpu.nativecpu.compression.CpuThreshold");
    }
  }

  @Test
  void theAnalysisJarIsSmall() throws IOException {
    try (Stream<Path> files = Files.list(PACKAGE.resolve("lib"))) {
      assertThat(
              files.filter(file -> file.getFileName().toString().startsWith("holdfast-analysis-")))
          .singleElement()
          .satisfies(jar -> assertThat(Files.size(jar)).isLessThan(5_000_000));
    }
  }

  @Test
  void theVersionTellsWhatWasBuiltAndWhatComputes() throws IOException, InterruptedException {
    Outcome version = launch("--version");
    assertThat(version.exitCode()).as(version.out()).isZero();
    assertThat(version.out())
        .containsPattern("holdfast \\d+\\.\\d+\\S*, commit (unknown|[0-9a-f]{40}(-dirty)?)\\R")
        .containsPattern("built for +Spark 3\\.5\\.\\d+, Scala 2\\.12\\.18, Java 17\\R")
        .containsPattern("running on +Spark 3\\.5\\.\\d+, .*Java 17\\.")
        .containsPattern(
            "native code nd4j=\\S+ linux-x86_64-onednn, openblas=\\w+, .*omp=1, helpers=on")
        .hasLineCount(4);
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
