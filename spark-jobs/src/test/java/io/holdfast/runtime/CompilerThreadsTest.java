package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every case in a process of its own: what steps back stays so. */
class CompilerThreadsTest {
  private static final Path THREADS = Path.of("/proc/self/task");
  private static final String COMPILER = "C[12] CompilerThre.*";
  private static final String BEHIND = ".* 5";

  @Test
  void theCompilerStepsBackAndNobodyElse() throws Exception {
    List<String> threads = threadsAfter();
    assertThat(threads).filteredOn(line -> line.matches(COMPILER)).isNotEmpty();
    assertThat(threads).allMatch(line -> line.matches(COMPILER) == line.matches(BEHIND));
  }

  @Test
  void theUsersOwnPriorityStays() throws Exception {
    assertThat(threadsAfter("-XX:CompilerThreadPriority=0"))
        .isNotEmpty()
        .noneMatch(line -> line.matches(BEHIND));
  }

  private static List<String> threadsAfter(String... options) throws Exception {
    assumeTrue(Files.isDirectory(THREADS), "threads have no policy of their own here");
    assumeTrue(
        threads().stream().anyMatch(line -> !line.matches(BEHIND)),
        "this process is behind all others itself");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(CompilerThreadsTest.class.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return printed.lines().toList();
  }

  /** The process of a case. */
  public static void main(String[] arguments) throws IOException {
    CompilerThreads.stepBack();
    threads().forEach(System.out::println);
  }

  /** Name and scheduling policy of this process's threads; 5 is SCHED_IDLE. */
  private static List<String> threads() throws IOException {
    List<Path> threads;
    try (Stream<Path> found = Files.list(THREADS)) {
      threads = found.toList();
    }
    List<String> lines = new ArrayList<>();
    for (Path thread : threads) {
      try {
        String stat = Files.readString(thread.resolve("stat"));
        int end = stat.lastIndexOf(')');
        // State is the first field after the name, the policy the thirty-ninth.
        lines.add(
            stat.substring(stat.indexOf('(') + 1, end)
                + " "
                + stat.substring(end + 2).split(" ")[38]);
      } catch (IOException ended) {
        continue;
      }
    }
    return lines;
  }
}
