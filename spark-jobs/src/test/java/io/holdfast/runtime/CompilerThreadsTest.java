package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CompilerThreadsTest {
  private static final Path THREADS = Path.of("/proc/self/task");

  @Test
  void theCompilerStepsBackAndNobodyElse() throws IOException {
    assumeTrue(Files.isDirectory(THREADS), "threads have no priority of their own here");
    List<String> others = priorities(false);
    CompilerThreads.stepBack();
    assertThat(priorities(true)).isNotEmpty().allMatch(line -> line.endsWith(" 19"));
    // Threads may have come and gone meanwhile; those that are named as before run as before.
    assertThat(others).isNotEmpty().noneMatch(line -> line.endsWith(" 19"));
    assertThat(priorities(false)).isNotEmpty().noneMatch(line -> line.endsWith(" 19"));
  }

  /** Name and nice value of this process's threads. */
  private static List<String> priorities(boolean compiler) throws IOException {
    List<Path> threads;
    try (Stream<Path> found = Files.list(THREADS)) {
      threads = found.toList();
    }
    List<String> lines = new ArrayList<>();
    for (Path thread : threads) {
      try {
        String stat = Files.readString(thread.resolve("stat"));
        int end = stat.lastIndexOf(')');
        String name = stat.substring(stat.indexOf('(') + 1, end);
        if (name.contains("CompilerThre") == compiler) {
          // State is the first field after the name, the nice value the seventeenth.
          lines.add(name + " " + stat.substring(end + 2).split(" ")[16]);
        }
      } catch (IOException ended) {
        continue;
      }
    }
    return lines;
  }
}
