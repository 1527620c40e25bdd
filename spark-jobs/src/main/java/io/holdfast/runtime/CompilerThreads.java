package io.holdfast.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption.Origin;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lets the Java compiler work in what training leaves of the processor. A round calls thousands of
 * Spark's methods, a few times a second each; HotSpot compiles them one by one for minutes, with a
 * sixth of two full cores, and for code that is so seldom called it hardly pays. Behind the
 * training threads it does the same work in the pauses of the rounds; where cores are free, nothing
 * changes. By the scheduling policy and not by nice: a core that compiles only counts as an idle
 * one then, so that a thread which wakes up goes there and not to a core that trains.
 */
public final class CompilerThreads {
  private static final Path THREADS = Path.of("/proc/self/task");

  /** The kernel keeps 15 characters of "C2 CompilerThread0". */
  private static final String NAME = "C[12] CompilerThre.*";

  /** The option by which users set such a priority themselves. */
  private static final String OPTION = "CompilerThreadPriority";

  /** Of sched_setscheduler(2): behind every thread of another policy. */
  private static final int SCHED_IDLE = 5;

  private CompilerThreads() {}

  /**
   * Puts the compiler's threads in this process behind all others, and by that those that they
   * start. Does nothing where the user's own {@code -XX:CompilerThreadPriority} is set, nor where
   * threads have no policy of their own: only Linux has.
   */
  public static void stepBack() {
    if (!Files.isDirectory(THREADS)) {
      return;
    }
    try {
      if (setByUser()) {
        return;
      }
      Function setScheduler = NativeLibrary.getProcess().getFunction("sched_setscheduler");
      try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
        for (Path thread : threads) {
          if (name(thread).matches(NAME)) {
            int id = Integer.parseInt(thread.getFileName().toString());
            setScheduler.invokeInt(new Object[] {id, SCHED_IDLE, new int[] {0}});
          }
        }
      }
    } catch (IOException | DirectoryIteratorException | LinkageError unknown) {
      return; // Slower on full cores, and nothing else.
    }
  }

  private static boolean setByUser() {
    try {
      HotSpotDiagnosticMXBean machine =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return machine == null || machine.getVMOption(OPTION).getOrigin() != Origin.DEFAULT;
    } catch (IllegalArgumentException otherMachine) {
      return true;
    }
  }

  private static String name(Path thread) {
    try {
      return Files.readString(thread.resolve("comm")).strip();
    } catch (IOException ended) {
      return "";
    }
  }
}
