package io.holdfast.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineProcessTest {
  /** Answers 2.5, from a shell that has started a second process. */
  private static final String PROGRAM =
      "sleep 600 & echo answer ready; while read question; do echo answer 2.5; done";

  @Test
  void anEngineIsStoppedWhereverItIsNotAsked(@TempDir Path directory) throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/stat")), "no Linux");
    List<Long> others = ProcessHandle.current().children().map(ProcessHandle::pid).toList();
    EngineProcess engine =
        EngineProcess.start("shell", directory, Map.of(), List.of("sh", "-c", PROGRAM));
    ProcessHandle shell =
        ProcessHandle.current()
            .children()
            .filter(child -> !others.contains(child.pid()))
            .findFirst()
            .orElseThrow();
    List<ProcessHandle> both = Stream.concat(Stream.of(shell), shell.descendants()).toList();

    assertThat(both).hasSize(2).allMatch(EngineProcessTest::stopped);
    assertThat(engine.ask("epoch")).isEqualTo(2.5);
    assertThat(engine.ask("epoch")).isEqualTo(2.5);
    assertThat(both).allMatch(EngineProcessTest::stopped);

    engine.close();
    shell.onExit().get(Duration.ofMinutes(1).toSeconds(), TimeUnit.SECONDS);
    engine.close();
    both.get(1).destroy();
  }

  /** A signal takes effect a moment after it was sent. */
  private static boolean stopped(ProcessHandle process) {
    try {
      for (int attempt = 0; attempt < 100; attempt++) {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) == 'T') {
          return true;
        }
        Thread.sleep(100);
      }
      return false;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
