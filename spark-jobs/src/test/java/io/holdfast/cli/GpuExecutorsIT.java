package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * GPU executors where there is no GPU: real executors in processes of their own, with a scripted
 * list of devices.
 */
class GpuExecutorsIT {
  private static final String DEVICES = "HOLDFAST_GPU_ADDRESSES";
  private static final String CLUSTER = "local-cluster[2,1,1024]";

  @TempDir private static Path directory;
  private static Path data;

  @BeforeAll
  static void importDigits() throws Exception {
    data = directory.resolve("data");
    Ended ended =
        launch(
            Map.of(),
            "import",
            "--format",
            "csv",
            "--input",
            TestData.projectFile("conf/data/digits.csv").toString(),
            "--output",
            data.toString());
    assertThat(ended.exitCode()).as(ended.output()).isZero();
  }

  @Test
  void everyExecutorIsBoundToTheDeviceThatSparkGaveIt() throws Exception {
    // Two workers of one machine, each with a device of its own, as an administrator sets them up.
    Path turns = Files.createDirectory(directory.resolve("turns"));
    Path script = directory.resolve("one-device-each");
    Files.writeString(
        script,
        "#!/bin/sh\nCUDA_VISIBLE_DEVICES=3\nmkdir '%s/taken' 2>/dev/null || CUDA_VISIBLE_DEVICES=5\nexport CUDA_VISIBLE_DEVICES\nexec '%s'\n"
            .formatted(turns, TestData.projectFile("submit-scripts/gpu-discovery")));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    Ended ended =
        probe(
            Map.of(DEVICES, "0 1 2 3 4 5"),
            "--spark-profile",
            "gpu",
            "--spark-conf",
            "spark.worker.resource.gpu.discoveryScript=" + script);
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    List<String> lines = ended.output().lines().filter(line -> line.startsWith("PROBE ")).toList();
    assertThat(lines)
        .map(line -> line.replaceFirst("PROBE \\d+ ", ""))
        .containsExactlyInAnyOrder("[3] 3 true", "[5] 5 true");
    assertThat(lines).map(line -> line.split(" ")[1]).doesNotHaveDuplicates();
  }

  @Test
  void executorsStartedWithoutTheLauncherHaveTheFilterToo() throws Exception {
    Ended ended = probe(Map.of(), "--spark-conf", "spark.executor.defaultJavaOptions=-Dx=y");
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    assertThat(ended.output().lines().filter(line -> line.startsWith("PROBE ")))
        .map(line -> line.replaceFirst("PROBE \\d+ ", ""))
        .containsExactly("[] null true", "[] null true");
  }

  @Test
  void aMachineWithoutADriverIsRefusedBeforeAnythingIsWritten() throws Exception {
    Path out = directory.resolve("no-driver");
    Ended ended = launch(Map.of(DEVICES, "0 1"), train(out, "--spark-profile", "gpu"));
    assertRefused(ended, 5, "No GPU to compute on in executor", "no NVIDIA driver here");
    assertThat(out).doesNotExist();
  }

  @Test
  void autoComputesOnTheCpuWhereTheDeviceCannotBeUsed() throws Exception {
    Path out = directory.resolve("auto");
    Ended ended =
        launch(
            Map.of(DEVICES, "0 1"),
            train(out, "--spark-profile", "gpu", "--spark-conf", "spark.holdfast.device=auto"));
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    assertThat(out.resolve("runs/run/run.json")).content().contains("onednn=");
  }

  @Test
  void autoComputesOnTheCpuWhereThereIsNoDevice() throws Exception {
    Path out = directory.resolve("none");
    Ended ended =
        launch(
            Map.of(),
            train(out, "--spark-profile", "gpu", "--spark-conf", "spark.holdfast.device=auto"));
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    assertThat(out.resolve("runs/run/run.json")).content().contains("onednn=");
  }

  @Test
  void aMachineWithoutADeviceIsRefused() throws Exception {
    Path out = directory.resolve("no-device");
    Ended ended = launch(Map.of(), train(out, "--spark-profile", "gpu"));
    assertRefused(ended, 5, "no GPU to compute on", "no NVIDIA GPU found");
    assertThat(out).doesNotExist();
  }

  @Test
  void aClusterThatOffersNoGpuIsRefusedWhenNoExecutorComesUp() throws Exception {
    Path out = directory.resolve("no-offer");
    Ended ended =
        launch(
            Map.of(DEVICES, "0"),
            train(
                out,
                "--spark-profile",
                "gpu",
                "--spark-conf",
                "spark.worker.resource.gpu.amount=0",
                "--spark-conf",
                "spark.holdfast.device.timeout=10s"));
    assertRefused(ended, 6, "No executor with a GPU came up in 10 s");
    assertThat(out).doesNotExist();
  }

  @Test
  void threadsOfTheDriverAreRefused() throws Exception {
    Path out = directory.resolve("threads");
    Ended ended =
        launch(Map.of(DEVICES, "0"), train(out, "--spark-profile", "gpu", "--master", "local[1]"));
    assertRefused(ended, 5, "needs executors in processes of their own, found master local[1]");
    assertThat(out).doesNotExist();
  }

  private static void assertRefused(Ended ended, int exitCode, String... said) {
    assertThat(ended.exitCode()).as(ended.output()).isEqualTo(exitCode);
    assertThat(ended.output().lines().filter(line -> line.startsWith("holdfast: ")))
        .singleElement()
        .asString()
        .contains(said);
  }

  private static String[] train(Path out, String... launcher) {
    List<String> arguments =
        new ArrayList<>(List.of("train", "--master", CLUSTER, "--executor-memory", "1024m"));
    arguments.addAll(List.of(launcher));
    arguments.addAll(
        List.of(
            "--data",
            data.toString(),
            "--out",
            out.toString(),
            "--run-id",
            "run",
            "--conf",
            "train.epochs=1",
            "--conf",
            "model.hidden=16"));
    return arguments.toArray(String[]::new);
  }

  /** Runs the probe in the place of a command, with its class on every class path. */
  private static Ended probe(Map<String, String> environment, String... launcher)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("doctor", "--dry-run", "--master", CLUSTER));
    command.addAll(List.of("--executor-memory", "1024m"));
    command.addAll(List.of(launcher));
    Ended printed = launch(environment, command.toArray(String[]::new));
    assertThat(printed.exitCode()).as(printed.output()).isZero();
    String tests = TestData.projectFile("spark-jobs/target/test-classes").toString();
    String line =
        printed
            .output()
            .replace("--class io.holdfast.cli.Holdfast", "--class io.holdfast.runtime.BindingProbe")
            .replace("holdfast/lib/*", "holdfast/lib/*:" + tests);
    return run(environment, List.of("sh", "-c", line));
  }

  private static Ended launch(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(TestData.projectFile("submit-scripts/holdfast").toString());
    command.addAll(List.of(arguments));
    return run(environment, command);
  }

  private static Ended run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "output", "");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().keySet().removeAll(List.of(DEVICES, "CUDA_VISIBLE_DEVICES"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  private record Ended(int exitCode, String output) {}
}
