package io.holdfast.gold;

import java.util.Random;
import org.opentest4j.AssertionFailedError;

/** Random tests that say how to replay a failure. */
public final class Seeds {
  private static final String REPLAY = System.getProperty("holdfast.seed", "");

  private Seeds() {}

  /** A test of one random draw. */
  public interface Property {
    void check(Random random) throws Exception;
  }

  /**
   * Runs a test on many random draws, each with a seed of its own; a failure names the seed. {@code
   * -Dholdfast.seed=SEED} runs that one draw only.
   */
  public static void check(int draws, Property property) throws Exception {
    if (!REPLAY.isEmpty()) {
      property.check(new Random(Long.parseLong(REPLAY)));
      return;
    }
    long first = System.nanoTime();
    for (int i = 0; i < draws; i++) {
      long seed = first + i;
      try {
        property.check(new Random(seed));
      } catch (Exception | AssertionError failure) {
        throw new AssertionFailedError(
            "Replay with -Dholdfast.seed=" + seed + ": " + failure.getMessage(), failure);
      }
    }
  }
}
