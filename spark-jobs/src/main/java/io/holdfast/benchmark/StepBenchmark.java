package io.holdfast.benchmark;

import io.holdfast.benchmark.BenchmarkResult.StepRow;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
      if (PyTorch.installed()) {
        libraries.startProgram(TORCH, new PyTorch(directory).steps());
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
}
