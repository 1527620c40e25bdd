package io.holdfast.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The GPUs that NVIDIA's driver reports.
 *
 * @param names one line for each; empty when there is none, or no driver
 */
record GraphicsProcessors(List<String> names) {
  private static final int PATIENCE_SECONDS = 10;

  static GraphicsProcessors find() {
    try {
      Process query =
          new ProcessBuilder("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!query.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        query.destroyForcibly();
        return new GraphicsProcessors(List.of());
      }
      String answer = new String(query.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new GraphicsProcessors(
          query.exitValue() == 0
              ? answer.lines().filter(line -> !line.isBlank()).toList()
              : List.of());
    } catch (IOException noDriver) {
      return new GraphicsProcessors(List.of());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new GraphicsProcessors(List.of());
    }
  }

  Finding finding() {
    boolean used = NativeBuild.loaded().cuda();
    if (names.isEmpty()) {
      return Finding.ok("GPU", "none; training runs on the CPU");
    }
    String found = String.join("; ", names);
    return used
        ? Finding.ok("GPU", found)
        : Finding.ok("GPU", found + "; not used by this CPU build");
  }
}
