package io.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A command of Holdfast in a process of its own, with the class path and options of this one. */
final class DriverProcess {
  private final Process process;
  private final Path said;

  private DriverProcess(Process process, Path said) {
    this.process = process;
    this.said = said;
  }

  /**
   * Starts a command.
   *
   * @param said file for what it prints
   * @param properties of Java, those of Spark among them
   * @param arguments the command line
   */
  static DriverProcess start(Path said, Map<String, String> properties, List<String> arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Xmx700m",
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-opens") || option.startsWith("-Djdk."))
        .forEach(command::add);
    ChaosCluster.NATIVE_PROPERTIES.forEach(
        name -> command.add("-D" + name + "=" + System.getProperty(name)));
    ChaosCluster.SETTINGS.forEach((name, value) -> command.add("-D" + name + "=" + value));
    properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.add("io.holdfast.cli.Holdfast");
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    return new DriverProcess(process, said);
  }

  static DriverProcess train(
      Path said, Map<String, String> properties, ChaosRun run, String data, String out)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("train", "--data", data, "--out", out, "--run-id", ChaosRun.ID));
    arguments.addAll(run.options());
    return start(said, properties, arguments);
  }

  static DriverProcess resume(Path said, Map<String, String> properties, String out)
      throws IOException {
    return start(said, properties, Arrays.asList("resume", "--out", out, "--run-id", ChaosRun.ID));
  }

  long id() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** The exit code, when it has ended. */
  int await() throws InterruptedException {
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("the process ended").isTrue();
    return process.exitValue();
  }

  /** Its one line on failure. */
  String complaint() throws IOException {
    return Files.readAllLines(said).stream()
        .filter(line -> line.startsWith("holdfast: "))
        .findFirst()
        .orElse("");
  }

  String said() throws IOException {
    return Files.readString(said);
  }
}
