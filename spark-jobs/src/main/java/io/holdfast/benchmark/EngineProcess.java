package io.holdfast.benchmark;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A process of its own for one engine, which works only when it is asked to: else it is stopped,
 * with the processes that it started, so that neither its compiler nor its heartbeats take anything
 * from the one that is measured.
 */
final class EngineProcess implements AutoCloseable {
  static final String ANSWER = "answer ";

  private final String name;
  private final Path log;
  private final Process process;
  private final Writer questions;
  private final BufferedReader answers;

  private EngineProcess(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
    this.questions = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts {@link EngineMain} with the class path of this process, and with no property or
   * environment variable of it but those that Spark, logging and the file system need.
   */
  static EngineProcess java(
      String name,
      Path directory,
      Map<String, String> environment,
      List<String> options,
      List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (option.startsWith("--add-opens")
          || option.startsWith("-Djdk.reflect")
          || option.startsWith("-Dlog4j2.")
          || option.startsWith("-Dorg.bytedeco.javacpp.cachedir")
          || option.startsWith("-Dorg.bytedeco.javacpp.platform.extension")) {
        command.add(option);
      }
    }
    command.addAll(options);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), EngineMain.class.getName()));
    command.addAll(arguments);
    return start(name, directory, environment, command);
  }

  static EngineProcess start(
      String name, Path directory, Map<String, String> environment, List<String> command) {
    Path log = directory.resolve(name + ".log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    builder
        .environment()
        .keySet()
        .retainAll(List.of("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER"));
    builder.environment().putAll(environment);
    try {
      EngineProcess started = new EngineProcess(name, log, builder.start());
      started.answer();
      started.signal("STOP");
      return started;
    } catch (IOException e) {
      throw failed(name, log, e);
    }
  }

  /** Asks for one piece of work and waits until it is done. */
  double ask(String question) {
    try {
      signal("CONT");
      questions.write(question + "\n");
      questions.flush();
      double seconds = Double.parseDouble(answer());
      signal("STOP");
      return seconds;
    } catch (IOException e) {
      throw failed(name, log, e);
    }
  }

  private String answer() throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith(ANSWER)) {
        return line.substring(ANSWER.length()).strip();
      }
    }
    throw new IOException("the process has ended");
  }

  /** Java has no call for it; {@code kill} is part of every shell. */
  private void signal(String signal) throws IOException {
    String processes =
        Stream.concat(Stream.of(process.toHandle()), process.descendants())
            .map(handle -> Long.toString(handle.pid()))
            .collect(Collectors.joining(" "));
    Process kill =
        new ProcessBuilder("/bin/sh", "-c", "kill -" + signal + " " + processes)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    // A child that has just ended makes kill fail for it alone.
    kill.onExit().join();
  }

  private static HoldfastException failed(String name, Path log, IOException cause) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        "Engine " + name + " failed: " + cause.getMessage() + " (see " + log + ")",
        cause);
  }

  @Override
  public void close() {
    if (!process.isAlive()) {
      return;
    }
    try {
      process.destroy();
      signal("CONT");
    } catch (IOException e) {
      throw failed(name, log, e);
    }
  }
}
