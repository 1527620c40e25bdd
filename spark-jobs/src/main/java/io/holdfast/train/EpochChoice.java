package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;

/**
 * Which committed epochs of a run are meant.
 *
 * @param kind how they are chosen
 * @param number the epoch, from 1, of {@link Kind#NUMBER}; 0 of the others
 */
public record EpochChoice(Kind kind, int number) {

  /** How epochs are chosen. */
  public enum Kind {
    /** The last one. */
    LAST,
    /** The first of those with the highest validation accuracy. */
    BEST,
    /** Every one. */
    ALL,
    /** The one of a number. */
    NUMBER
  }

  /** Checks the number. */
  public EpochChoice {
    if (kind == Kind.NUMBER ? number < 1 : number != 0) {
      throw invalid(String.valueOf(number));
    }
  }

  /**
   * Reads a choice.
   *
   * @param text {@code last}, {@code best}, {@code all} or a number from 1
   * @return the choice
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it is none
   */
  public static EpochChoice parse(String text) {
    return switch (text) {
      case "last" -> new EpochChoice(Kind.LAST, 0);
      case "best" -> new EpochChoice(Kind.BEST, 0);
      case "all" -> new EpochChoice(Kind.ALL, 0);
      default -> {
        if (!text.matches("[0-9]{1,9}")) {
          throw invalid(text);
        }
        yield new EpochChoice(Kind.NUMBER, Integer.parseInt(text));
      }
    };
  }

  private static HoldfastException invalid(String found) {
    return new HoldfastException(
        ExitCode.BAD_INPUT,
        "Invalid epoch: " + found + " (expected last, best, all or a number from 1)");
  }
}
