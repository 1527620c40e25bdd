package io.holdfast.analysis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofSeconds(2);

  private final Configuration conf = new Configuration();
  @TempDir private Path directory;

  private Path file() {
    return directory.resolve("leases/run.json");
  }

  private Lease acquire(Duration timeout) {
    return Lease.acquire(
        conf, new org.apache.hadoop.fs.Path(file().toString()), "Run run", timeout);
  }

  private void refused(Duration timeout) {
    assertThatThrownBy(() -> acquire(timeout).close())
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED))
        .hasMessageStartingWith(
            "Run run is being written by process " + ProcessHandle.current().pid());
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(file().getParent())) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }

  @Test
  void aSecondHolderIsRefusedUntilTheFirstGivesUp() throws IOException {
    try (Lease first = acquire(LONG)) {
      refused(LONG);
      first.requireHeld();
      assertThat(left()).containsExactly("run.json");
    }
    assertThat(left()).isEmpty();
    acquire(LONG).close();
  }

  @Test
  void aLeaseThatIsRenewedOutlivesItsTimeout() throws InterruptedException {
    try (Lease first = acquire(SHORT)) {
      Thread.sleep(2 * SHORT.toMillis());
      refused(SHORT);
      first.requireHeld();
    }
  }

  /** As a renewal does on a full disk: the file is opened, and nothing can be written. */
  @Test
  void aRenewalThatFailedHalfWayIsDoneAgain() throws Exception {
    try (Lease first = acquire(SHORT)) {
      Files.write(file(), new byte[0]);
      first.requireHeld();
      assertThat(file()).content().contains("" + ProcessHandle.current().pid());
      Files.write(file(), new byte[0]);
      Thread.sleep(SHORT.toMillis() + 500);
      assertThat(file()).content().contains("" + ProcessHandle.current().pid());
      refused(SHORT);
      Files.write(file(), new byte[0]);
    }
    assertThat(left()).isEmpty();
  }

  @Test
  void aLeaseThatIsNotRenewedIsTakenOverAndItsHolderLearnsOfIt() throws Exception {
    try (Lease suspended = acquire(LONG)) {
      Thread.sleep(SHORT.toMillis() + 100);
      try (Lease next = acquire(SHORT)) {
        next.requireHeld();
        assertThatThrownBy(suspended::requireHeld)
            .isInstanceOf(HoldfastException.class)
            .hasMessageContaining("was taken over by process");
        suspended.close();
        next.requireHeld();
      }
    }
    assertThat(left()).isEmpty();
  }

  @Test
  void aHolderThatIsGoneFromThisMachineIsNotWaitedFor() throws Exception {
    try (Lease lease = acquire(LONG)) {
      Process gone = new ProcessBuilder("true").start();
      gone.waitFor();
      Files.writeString(
          file(),
          Files.readString(file())
              .replace("" + ProcessHandle.current().pid(), "" + gone.pid())
              .replaceFirst("\"id\":\"[^\"]*\"", "\"id\":\"other\""));
      acquire(LONG).close();
      assertThatThrownBy(lease::requireHeld).isInstanceOf(HoldfastException.class);
    }
  }

  @Test
  void aFileThatIsNoLeaseIsTakenOverWhenItIsOld() throws Exception {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), "{");
    assertThatThrownBy(() -> acquire(LONG)).hasMessageContaining("another process");
    Thread.sleep(SHORT.toMillis() + 100);
    acquire(SHORT).close();
  }

  @Test
  void ofManyAtOnceOneGetsIt() throws Exception {
    int many = 8;
    ExecutorService threads = Executors.newFixedThreadPool(many);
    try {
      for (int round = 0; round < 20; round++) {
        CyclicBarrier together = new CyclicBarrier(many);
        Callable<Lease> attempt =
            () -> {
              together.await();
              try {
                return acquire(LONG);
              } catch (HoldfastException e) {
                assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED);
                return null;
              }
            };
        List<Lease> got = new ArrayList<>();
        for (Future<Lease> one : threads.invokeAll(java.util.Collections.nCopies(many, attempt))) {
          if (one.get() != null) {
            got.add(one.get());
          }
        }
        assertThat(got).hasSize(1);
        got.get(0).requireHeld();
        got.get(0).close();
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void aTimeoutBelowASecondIsRefused() {
    assertThatThrownBy(() -> acquire(Duration.ofMillis(999)))
        .hasMessageContaining("expected at least 1 s");
  }
}
