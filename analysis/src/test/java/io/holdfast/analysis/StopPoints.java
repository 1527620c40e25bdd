package io.holdfast.analysis;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * Which of the changes of a job a test stops before: each of them under {@code -Plong}, else the
 * first and the last, those around the commit, and one that a seed chooses.
 */
public final class StopPoints {
  private static final int OTHERS = 1;

  private StopPoints() {}

  /**
   * Chooses.
   *
   * @param changes how many changes the undisturbed job makes
   * @param commit which of them, counted from 0, makes its results valid
   * @param seed of the choice
   * @return numbers of changes that are made before the stop, ascending, all below {@code changes}
   */
  public static TreeSet<Integer> of(int changes, int commit, long seed) {
    TreeSet<Integer> chosen = new TreeSet<>();
    List<Integer> others = new ArrayList<>();
    for (int change = 0; change < changes; change++) {
      if (Boolean.getBoolean("holdfast.every-stop")
          || change == 0
          || change == changes - 1
          || Math.abs(change - commit) <= 1) {
        chosen.add(change);
      } else {
        others.add(change);
      }
    }
    Collections.shuffle(others, new Random(seed));
    chosen.addAll(others.subList(0, Math.min(OTHERS, others.size())));
    return chosen;
  }
}
