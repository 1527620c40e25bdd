package io.holdfast.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.util.regex.Pattern;

/**
 * Tells the C library's allocator to keep what is freed for the next array. A training step takes
 * and returns tens of megabytes of native memory; as glibc comes, it gives large blocks and the end
 * of an arena back to the kernel at once, and the step spends its time on the page faults of
 * getting them again.
 */
public final class NativeAllocator {
  // From glibc's malloc.h; part of its binary interface.
  private static final int TRIM_THRESHOLD = -1;
  private static final int TOP_PAD = -2;
  private static final int MMAP_THRESHOLD = -3;

  /** Not MALLOC_ARENA_MAX, which Hadoop sets and which goes with ours. */
  private static final Pattern SETTING = Pattern.compile("GLIBC_TUNABLES|MALLOC_[A-Z_]+_");

  /** More than any array of a minibatch: none of them is mapped by itself. */
  private static final int NEVER = 1 << 30;

  /** Half of an arena's heap, the most that older versions of glibc take. */
  private static final int HALF_A_HEAP = 32 << 20;

  /** An arena's heap: empty ones stay. */
  private static final int HEAP = 64 << 20;

  private NativeAllocator() {}

  /**
   * Keeps freed memory in this process from now on. Does nothing where the user's own {@code
   * MALLOC_..._} or {@code GLIBC_TUNABLES} is set, nor where the C library has no such setting; a
   * process that lacks it is slower and nothing else.
   */
  public static void keepFreedMemory() {
    if (System.getenv().keySet().stream().anyMatch(SETTING.asMatchPredicate())) {
      return;
    }
    Function mallopt;
    try {
      mallopt = NativeLibrary.getProcess().getFunction("mallopt");
    } catch (LinkageError otherLibrary) {
      return;
    }
    // Any setting ends glibc's adaptation of the others, so without the first one none is made.
    if (set(mallopt, MMAP_THRESHOLD, NEVER) || set(mallopt, MMAP_THRESHOLD, HALF_A_HEAP)) {
      set(mallopt, TRIM_THRESHOLD, NEVER);
      set(mallopt, TOP_PAD, HEAP);
    }
  }

  private static boolean set(Function mallopt, int parameter, int bytes) {
    return mallopt.invokeInt(new Object[] {parameter, bytes}) != 0;
  }
}
