package io.holdfast.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class NativeAllocatorTest {
  private static final Path THREAD = Path.of("/proc/thread-self/stat");
  private static final long BLOCK = 40L << 20;

  /** As in training: by a thread that is not the process's first, blocks of an arena of its own. */
  @Test
  void blocksThatWereFreedAreThereForTheNext() throws Exception {
    assumeTrue(
        Files.exists(THREAD)
            && System.getenv().keySet().stream()
                .noneMatch(name -> name.matches("GLIBC_TUNABLES|MALLOC_[A-Z_]+_")),
        "no Linux, or an environment that says what glibc does");
    NativeAllocator.keepFreedMemory();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      assertThat(thread.submit(NativeAllocatorTest::pageFaultsOfTenBlocks).get())
          .as("page faults of ten blocks, %d pages each, after a first one", BLOCK / 4096)
          .isLessThan(BLOCK / 4096);
    } finally {
      thread.shutdown();
    }
  }

  private static long pageFaultsOfTenBlocks() throws IOException {
    takeAndFree();
    long before = pageFaults();
    for (int i = 0; i < 10; i++) {
      takeAndFree();
    }
    return pageFaults() - before;
  }

  private static void takeAndFree() {
    Pointer block = Pointer.malloc(BLOCK);
    Pointer.memset(block, 1, BLOCK);
    Pointer.free(block);
  }

  /** The eighth field after the name of the thread: minor faults. */
  private static long pageFaults() throws IOException {
    String stat = Files.readString(THREAD);
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[7]);
  }
}
