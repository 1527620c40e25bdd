package io.holdfast.benchmark;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.benchmark.BenchmarkResult.StepRow;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Measures single training steps of DL4J and, where it is installed, PyTorch, in turn. */
final class StepBenchmark {
  private static final String TORCH = "PyTorch";
  private static final String DL4J = "DL4J with cures";

  private final Path directory;
  private final Consumer<String> progress;

  /**
   * @param directory for what the libraries' processes write
   * @param progress told what happens, a line at a time
   */
  StepBenchmark(Path directory, Consumer<String> progress) {
    this.directory = directory;
    this.progress = progress;
  }

  /** Medians of both libraries for each network. */
  List<StepRow> rows(int warmUp, int times) {
    try (EngineProcesses libraries = new EngineProcesses(directory, 1, progress)) {
      libraries.start(DL4J, "steps", "none", 1, "std");
      if (torchInstalled()) {
        libraries.startProgram(TORCH, List.of("python3", script().toString()));
      }
      List<StepRow> rows = new ArrayList<>();
      for (String network : List.of("lenet", "mlp")) {
        Map<String, List<Double>> seconds = libraries.measure(network, warmUp, times);
        for (String library : List.of(DL4J, TORCH)) {
          List<Double> found = seconds.get(library);
          rows.add(
              new StepRow(
                  network, library, found == null ? null : 1000 * EngineProcesses.median(found)));
        }
      }
      return rows;
    }
  }

  private Path script() {
    Path script = directory.resolve("torch_steps.py");
    try (InputStream in = StepBenchmark.class.getResourceAsStream("torch_steps.py")) {
      return Files.write(script, in.readAllBytes());
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write to " + script + ": " + e.getMessage(), e);
    }
  }

  private static boolean torchInstalled() {
    try {
      Process process =
          new ProcessBuilder("python3", "-c", "import torch")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException noPython) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
