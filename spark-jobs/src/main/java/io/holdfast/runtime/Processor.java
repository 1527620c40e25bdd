package io.holdfast.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The processor, as Linux describes it.
 *
 * @param vendor such as {@code GenuineIntel}; {@code unknown} on other systems
 * @param model such as {@code Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz}
 * @param flags instruction sets, such as {@code avx512f}; empty on other systems
 */
record Processor(String vendor, String model, Set<String> flags) {

  private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");

  /**
   * Instruction sets that oneDNN 2.3 tells apart, oldest first, under the names that {@code
   * ONEDNN_MAX_CPU_ISA} takes, with the flags each adds.
   */
  private static final List<Map.Entry<String, Set<String>>> ONE_DNN_LEVELS =
      List.of(
          Map.entry("SSE41", Set.of("sse4_1")),
          Map.entry("AVX", Set.of("avx")),
          Map.entry("AVX2", Set.of("avx2", "fma", "f16c")),
          Map.entry("AVX512_CORE", Set.of("avx512f", "avx512bw", "avx512vl", "avx512dq")),
          Map.entry("AVX512_CORE_VNNI", Set.of("avx512_vnni")),
          Map.entry("AVX512_CORE_BF16", Set.of("avx512_bf16")),
          Map.entry("AVX512_CORE_AMX", Set.of("amx_tile", "amx_int8", "amx_bf16")));

  static Processor current() {
    List<String> lines;
    try {
      lines = Files.readAllLines(DESCRIPTION);
    } catch (IOException e) {
      lines = List.of();
    }
    return parse(lines);
  }

  static Processor parse(List<String> lines) {
    Map<String, String> first = new TreeMap<>();
    for (String line : lines) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        first.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    String flags = first.getOrDefault("flags", "");
    return new Processor(
        first.getOrDefault("vendor_id", "unknown"),
        first.getOrDefault("model name", System.getProperty("os.arch")),
        flags.isEmpty() ? Set.of() : Set.of(flags.split("\\s+")));
  }

  /**
   * The newest instruction set that oneDNN uses: the processor's, or the limit if that is older.
   */
  String oneDnnInstructionSet(String limit) {
    String newest = "BASELINE";
    for (Map.Entry<String, Set<String>> level : ONE_DNN_LEVELS) {
      if (!flags.containsAll(level.getValue())) {
        break;
      }
      newest = level.getKey();
      if (limit != null && newest.equals(limit.toUpperCase(Locale.ROOT))) {
        break;
      }
    }
    return newest;
  }

  /** The kernels of OpenBLAS that fit; null when its own choice is as good. */
  String openBlasCore() {
    if (flags.contains("avx512f")) {
      return "SKYLAKEX";
    }
    return flags.contains("avx2") ? "HASWELL" : null;
  }
}
