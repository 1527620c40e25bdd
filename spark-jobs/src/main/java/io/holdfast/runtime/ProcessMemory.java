package io.holdfast.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux counts as this process's memory. */
public final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessMemory() {}

  /**
   * Memory in use.
   *
   * @return bytes
   * @throws IOException where the system does not tell
   */
  public static long resident() throws IOException {
    return bytes("VmRSS:");
  }

  /**
   * The most that was ever in use.
   *
   * @return bytes
   * @throws IOException where the system does not tell
   */
  public static long peakResident() throws IOException {
    return bytes("VmHWM:");
  }

  private static long bytes(String key) throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow(() -> new IOException("No " + key + " in " + STATUS));
  }
}
