package io.holdfast.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.holdfast.analysis.failure.DamagedFiles;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Feeds mutated files to a reader. Every case must end in success or in one of our exceptions,
 * whose message names the file; within {@value #SECONDS} seconds, and with at most {@value
 * #MEGABYTES} MB allocated.
 *
 * <p>System properties: {@code holdfast.fuzz.cases} per format, {@code holdfast.fuzz.seed}, and to
 * replay {@code holdfast.fuzz.format} with {@code holdfast.fuzz.case}.
 */
public final class Fuzzer {
  private static final int SECONDS = 60;
  private static final int MEGABYTES = 256;
  private static final int MOST_FINDINGS = 12;
  private static final long SEED = Long.getLong("holdfast.fuzz.seed", 1);
  private static final String ONLY = System.getProperty("holdfast.fuzz.format", "");
  private static final int REPLAYED = Integer.getInteger("holdfast.fuzz.case", -1);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final FuzzedFormat format;
  private final Map<String, String> findings = new LinkedHashMap<>();
  private volatile int current;
  private volatile long currentSince;
  private int succeeded;
  private int refused;
  private int largest;
  private long slowest;

  private Fuzzer(FuzzedFormat format) {
    this.format = format;
  }

  /**
   * Fuzzes one format and prints how it went.
   *
   * @param format the format
   * @param fewCases how many cases where the property does not say it, as in the default tests
   * @param share which fraction of those that the property says
   */
  public static void check(FuzzedFormat format, int fewCases, double share) {
    if (!ONLY.isEmpty() && !ONLY.equals(format.name())) {
      return;
    }
    Integer asked = Integer.getInteger("holdfast.fuzz.cases");
    int cases = asked == null ? fewCases : (int) Math.ceil(share * asked);
    new Fuzzer(format).run(cases);
  }

  private void run(int cases) {
    int first = REPLAYED >= 0 ? REPLAYED : 0;
    int end = REPLAYED >= 0 ? REPLAYED + 1 : cases;
    long start = System.nanoTime();
    ExecutorService worker = Executors.newSingleThreadExecutor();
    current = first;
    currentSince = System.nanoTime();
    Future<?> work = worker.submit(() -> cases(first, end));
    try {
      while (!isDone(work)) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - currentSince);
        assertThat(seconds).as("seconds of one case; %s", replay(current)).isLessThan(SECONDS);
      }
    } finally {
      worker.shutdownNow();
    }
    System.out.printf(
        Locale.ROOT,
        "fuzz %-18s seed %d, %6d cases: %6d read, %6d refused, %d findings; %.1f s, slowest %.2f s,"
            + " most allocated %d MB%n",
        format.name(),
        SEED,
        end - first,
        succeeded,
        refused,
        findings.size(),
        (System.nanoTime() - start) / 1e9,
        slowest / 1e9,
        largest);
    assertThat(findings.values()).as("findings in %s", format.name()).isEmpty();
  }

  private static boolean isDone(Future<?> work) {
    try {
      work.get(200, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What was not changed is read; only then are cases measured. */
  private void readCorpus() {
    for (byte[] content : format.corpus()) {
      String problem = problem(content, 0);
      if (problem != null) {
        keep(problem, content, -1);
      }
    }
    assertThat(succeeded).as("files read of the corpus of %s", format.name()).isPositive();
    succeeded = 0;
    refused = 0;
  }

  private void cases(int first, int end) {
    readCorpus();
    SplittableRandom ofFormat = new SplittableRandom(SEED ^ format.name().hashCode());
    long ofCases = ofFormat.nextLong();
    for (int number = first; number < end && findings.size() < MOST_FINDINGS; number++) {
      SplittableRandom random = new SplittableRandom(ofCases + 0x9E3779B97F4A7C15L * number);
      byte[] content = new Mutator(random, format.corpus()).next(format.json());
      current = number;
      currentSince = System.nanoTime();
      long before = allocated();
      String problem = problem(content, number);
      int megabytes = (int) ((allocated() - before) >> 20);
      largest = Math.max(largest, megabytes);
      slowest = Math.max(slowest, System.nanoTime() - currentSince);
      if (problem == null && megabytes > MEGABYTES) {
        problem = megabytes + " MB were allocated";
      }
      if (problem != null) {
        keep(problem, content, number);
      }
    }
  }

  /** Bytes that all threads have allocated so far. */
  private static long allocated() {
    return Arrays.stream(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }

  private void keep(String problem, byte[] content, int number) {
    Path file = Path.of("target", "fuzz", format.name() + "-" + SEED + "-" + number);
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    findings.putIfAbsent(
        problem.lines().filter(line -> line.startsWith("    ")).limit(3).toList().toString(),
        "\n" + problem + "\n  content: " + file + "\n  " + replay(number));
  }

  private String replay(int number) {
    return "replay: mvn test -Pfuzz '-Dholdfast.fuzz.format="
        + format.name()
        + "' -Dholdfast.fuzz.seed="
        + SEED
        + " -Dholdfast.fuzz.case="
        + number;
  }

  /** What is wrong with the outcome of a case; null for nothing. */
  private String problem(byte[] content, int number) {
    try {
      format.reader().read(content, number);
      succeeded++;
      return null;
    } catch (Throwable thrown) {
      refused++;
      Throwable ours = ours(thrown);
      String message =
          ours == null
              ? DamagedFiles.describe(thrown).orElse(null)
              : String.valueOf(ours.getMessage());
      if (message == null) {
        return trace(thrown);
      }
      boolean named = format.named().stream().anyMatch(message::contains);
      return named && message.lines().count() == 1 ? null : "Message: " + message + trace(thrown);
    }
  }

  /** As the command line finds the failure that it tells. */
  private static Throwable ours(Throwable thrown) {
    Set<Throwable> visited = new HashSet<>();
    for (Throwable cause = thrown; cause != null && visited.add(cause); cause = cause.getCause()) {
      if (cause instanceof HoldfastException
          || (cause instanceof IllegalArgumentException
              && cause.getClass().getName().startsWith("io.holdfast."))) {
        return cause;
      }
    }
    return null;
  }

  private static String trace(Throwable thrown) {
    StringBuilder text = new StringBuilder();
    Set<Throwable> visited = new HashSet<>();
    for (Throwable cause = thrown; cause != null && visited.add(cause); cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      text.append("\n  ").append(cause.getClass().getName()).append(": ");
      text.append(message.substring(0, Math.min(300, message.length())).replace('\n', ' '));
      Arrays.stream(cause.getStackTrace())
          .limit(6)
          .forEach(frame -> text.append("\n    ").append(frame));
    }
    return text.toString();
  }
}
