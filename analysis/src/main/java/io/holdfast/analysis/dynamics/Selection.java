package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogNames;
import java.io.Serializable;

/**
 * Which epoch of a run is looked at; "earlier" then means before it.
 *
 * @param kind how the epoch is found
 * @param split whose accuracy decides; null but for {@link Kind#BEST}
 * @param epoch the epoch, from 1; 0 but for {@link Kind#EPOCH}
 */
public record Selection(Kind kind, String split, int epoch) implements Serializable {

  /** How an epoch is found. */
  public enum Kind {
    /** The last one. */
    LAST,
    /** The first of those in which a split was classified best. */
    BEST,
    /** One given by its number. */
    EPOCH
  }

  /** The last epoch. */
  public static final Selection LAST = new Selection(Kind.LAST, null, 0);

  /**
   * Understands {@code last}, {@code best:SPLIT} or a number.
   *
   * @param text as on the command line
   * @return the selection
   * @throws HoldfastException with {@link ExitCode#USAGE} where it is none of them
   */
  public static Selection parse(String text) {
    if (text.equals("last")) {
      return LAST;
    }
    if (text.startsWith("best:")) {
      return new Selection(Kind.BEST, LogNames.requireSplit(text.substring("best:".length())), 0);
    }
    if (text.matches("[1-9][0-9]{0,6}")) {
      return new Selection(Kind.EPOCH, null, Integer.parseInt(text));
    }
    throw new HoldfastException(
        ExitCode.USAGE,
        "Invalid selection: '"
            + text
            + "', expected last, best:SPLIT (best:validation) or an epoch");
  }

  @Override
  public String toString() {
    return switch (kind) {
      case LAST -> "last";
      case BEST -> "best:" + split;
      case EPOCH -> String.valueOf(epoch);
    };
  }
}
