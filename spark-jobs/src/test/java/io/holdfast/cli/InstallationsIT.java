package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The packages by a plain {@code spark-submit} on Spark installations of other patch levels,
 * against the launcher with the Spark of the build.
 */
@EnabledIfSystemProperty(named = "holdfast.package", matches = ".+")
@EnabledIfSystemProperty(named = "holdfast.installations", matches = ".+")
class InstallationsIT extends LocalSpark {
  private static final String QUERY =
      "SELECT run_id, split, phase, samples, accuracy, fe, rfe, forgetting_events";
  private static final String ORDER = " ORDER BY split, phase";

  @TempDir private static Path directory;
  private static Path data;
  private static Path embedded;
  private static Map<String, String> committed;
  private static List<Row> analysed;
  private static List<String> answers;

  @BeforeAll
  static void trainAndAnalyseWithTheSparkOfTheBuild() throws Exception {
    data = directory.resolve("data");
    embedded = directory.resolve("embedded");
    assertThat(launch(importArguments(data))).isZero();
    assertThat(launch(trainArguments(embedded))).isZero();
    committed = CommittedContent.of(spark(), embedded);
    assertThat(committed.keySet())
        .anyMatch(path -> path.endsWith("epoch-00003/parameters.f32"))
        .anyMatch(path -> path.startsWith("prediction_vectors/"));
    assertThat(launch(analyzeArguments(embedded, directory.resolve("analysis")))).isZero();
    analysed = table(directory.resolve("analysis"));
    assertThat(analysed).hasSizeGreaterThanOrEqualTo(6);
    assertThat(launch(sqlArguments())).isZero();
    answers = answers();
    assertThat(answers).hasSizeGreaterThanOrEqualTo(2).allMatch(row -> row.startsWith("run,"));
  }

  @AfterAll
  static void removeWhatExecutorsLeft() {
    for (String version : System.getProperty("holdfast.installations").split(",")) {
      FileUtil.fullyDelete(home(version).resolve("work").toFile());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.5.5", "3.5.4"})
  void anInstallationLeavesTheSameBytes(String version) throws Exception {
    Path imported = directory.resolve("data-" + version);
    String jar = System.getProperty("holdfast.package");
    assertThat(submit(version, "local[1]", jar, importArguments(imported))).isZero();
    assertThat(fingerprint(imported)).isEqualTo(fingerprint(data));

    Path out = directory.resolve("log-" + version);
    assertThat(submit(version, "local-cluster[2,1,1024]", jar, trainArguments(out))).isZero();
    assertThat(CommittedContent.of(spark(), out)).isEqualTo(committed);
    JsonNode versions = json(out.resolve("runs/run/run.json")).get("versions");
    assertThat(versions.get("spark").asText()).isEqualTo(version);
    assertThat(versions.get("commit")).isEqualTo(recorded("commit"));
    assertThat(versions.get("native_build")).isEqualTo(recorded("native_build"));

    Path analysis = directory.resolve("analysis-train-" + version);
    assertThat(submit(version, "local-cluster[2,1,1024]", jar, analyzeArguments(out, analysis)))
        .isZero();
    assertThat(table(analysis)).isEqualTo(analysed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.5.5", "3.5.4"})
  void theAnalysisJarNeedsNothingButAnInstallation(String version) throws Exception {
    String jar = analysisJar().toString();
    Path analysis = directory.resolve("analysis-" + version);
    assertThat(
            submit(version, "local-cluster[2,1,1024]", jar, analyzeArguments(embedded, analysis)))
        .isZero();
    assertThat(table(analysis)).isEqualTo(analysed);

    Path report = directory.resolve("report-" + version + ".html");
    assertThat(
            submit(
                version,
                "local[1]",
                jar,
                "report",
                "--log",
                embedded.toString(),
                "--out",
                report.toString()))
        .isZero();
    assertThat(report).content().contains("<html").contains("echarts");

    assertThat(submit(version, "local[1]", jar, sqlArguments())).isZero();
    assertThat(answers()).isEqualTo(answers);
  }

  @Test
  void sparksOwnShellKnowsTheFunctions() throws Exception {
    Path shell = home("3.5.4").resolve("bin/spark-sql");
    int exitCode =
        run(
            List.of(
                shell.toString(),
                "--master",
                "local[1]",
                "--conf",
                "spark.ui.enabled=false",
                "--jars",
                analysisJar().toString(),
                "--conf",
                "spark.sql.extensions=io.holdfast.analysis.sql.HoldfastExtensions",
                "-e",
                QUERY + " FROM run_summary('" + embedded + "')" + ORDER));
    assertThat(exitCode).isZero();
    assertThat(output()).isEqualTo(answers.stream().map(row -> row.replace(',', '\t')).toList());
  }

  @Test
  void anExecutorWithAnotherEnvironmentIsRefusedInOneLine() throws Exception {
    Path out = directory.resolve("other");
    List<String> command =
        submission("3.5.5", "local-cluster[1,1,1024]", System.getProperty("holdfast.package"));
    command.addAll(1, List.of("--conf", "spark.executorEnv.OMP_NUM_THREADS=2"));
    command.addAll(List.of(trainArguments(out)));
    assertThat(run(command)).isEqualTo(5);
    assertThat(Files.readString(directory.resolve("err")).lines())
        .filteredOn(line -> line.startsWith("holdfast: "))
        .singleElement()
        .asString()
        .contains("An executor has another native environment than the driver")
        .contains("omp=2")
        .contains("omp=1")
        .contains("java=17");
    assertThat(out.resolve("runs/run/commits/epoch-00001.json")).doesNotExist();
  }

  private static Path home(String version) {
    return Path.of("target", "spark-home-" + version).toAbsolutePath();
  }

  private static Path analysisJar() throws IOException {
    try (Stream<Path> jars = Files.list(Path.of("target", "holdfast", "lib"))) {
      return jars.filter(jar -> jar.getFileName().toString().startsWith("holdfast-analysis-"))
          .findFirst()
          .orElseThrow()
          .toAbsolutePath();
    }
  }

  private static String[] importArguments(Path output) {
    return new String[] {
      "import",
      "--format",
      "csv",
      "--input",
      TestData.projectFile("conf/data/digits.csv").toString(),
      "--output",
      output.toString()
    };
  }

  private static String[] trainArguments(Path out) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", "--data", data.toString(), "--out", out.toString(), "--run-id"));
    arguments.add("run");
    for (String setting :
        List.of(
            "method=fer",
            "train.epochs=3",
            "train.workers=2",
            "train.averaging_frequency=2",
            "model.hidden=32")) {
      arguments.addAll(List.of("--conf", setting));
    }
    return arguments.toArray(String[]::new);
  }

  private static String[] analyzeArguments(Path log, Path out) {
    return new String[] {"analyze", "--log", log.toString(), "--out", out.toString()};
  }

  private static String[] sqlArguments() {
    return new String[] {
      "sql",
      "--log",
      embedded.toString(),
      "--format",
      "csv",
      "-e",
      QUERY + " FROM run_summary" + ORDER
    };
  }

  /** The rows that the last command printed as CSV, without the heading. */
  private static List<String> answers() throws IOException {
    List<String> lines = output();
    assertThat(lines).isNotEmpty();
    return lines.subList(1, lines.size());
  }

  private static List<String> output() throws IOException {
    return Files.readAllLines(directory.resolve("out"));
  }

  private static List<Row> table(Path analysis) throws IOException {
    try (Stream<Path> found = Files.walk(analysis)) {
      Path metrics = found.filter(path -> path.endsWith("epoch_metrics")).findFirst().orElseThrow();
      return spark()
          .read()
          .parquet(metrics.toString())
          .orderBy("run_id", "split", "phase", "epoch")
          .collectAsList();
    }
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  private static JsonNode fingerprint(Path sampleTable) throws IOException {
    return json(sampleTable.resolve("dataset.json")).get("fingerprint");
  }

  private static JsonNode recorded(String version) throws IOException {
    return json(embedded.resolve("runs/run/run.json")).get("versions").get(version);
  }

  private static int launch(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(TestData.projectFile("submit-scripts/holdfast").toString()));
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  private static int submit(String version, String master, String jar, String... arguments)
      throws Exception {
    List<String> command = submission(version, master, jar);
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  private static List<String> submission(String version, String master, String jar) {
    return new ArrayList<>(
        List.of(
            home(version).resolve("bin/spark-submit").toString(),
            "--master",
            master,
            "--executor-memory",
            "1024m",
            "--conf",
            "spark.ui.enabled=false",
            jar));
  }

  /** Runs a command with the variables that docs/packages.md names. */
  private static int run(List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(directory.resolve("out").toFile())
            .redirectError(directory.resolve("err").toFile());
    Map<String, String> variables = builder.environment();
    variables.remove("SPARK_HOME");
    variables.put("SPARK_LOCAL_IP", "127.0.0.1");
    variables.put("OMP_NUM_THREADS", "1");
    if (Files.exists(embedded.resolve("runs/run/run.json"))) {
      String environment =
          json(embedded.resolve("runs/run/run.json")).get("native_environment").asText();
      String core = environment.replaceAll(".*openblas=(\\w+),.*", "$1");
      variables.put("OPENBLAS_CORETYPE", core.toUpperCase(Locale.ROOT));
    }
    Process process = builder.start();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
    }
    int exitCode = process.waitFor();
    if (exitCode != 0) {
      System.out.println(
          String.join(" ", command) + "\n" + Files.readString(directory.resolve("err")));
    }
    return exitCode;
  }
}
