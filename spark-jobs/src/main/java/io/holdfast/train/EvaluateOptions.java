package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogNames;
import java.util.Set;

/**
 * What to score with which parameters.
 *
 * @param out root of the prediction log that holds the run
 * @param runId the run
 * @param epoch whose parameters
 * @param data directory of the sample table
 * @param split the split of it that is scored
 * @param name the split's name in the log; null for {@code SPLIT-scored}. The names under which
 *     training logs are refused, so that a scoring never meets the rows of the run itself
 * @param overwrite whether an earlier scoring of that name and epoch is replaced
 */
public record EvaluateOptions(
    String out,
    String runId,
    EpochChoice epoch,
    String data,
    String split,
    String name,
    boolean overwrite) {

  private static final Set<String> OF_TRAINING = Set.of("train", "validation", "test");

  /** Checks and completes the name. */
  public EvaluateOptions {
    if (name == null) {
      name = split + "-scored";
    }
    requireName(name);
  }

  /** Insists on a name that a split has in a log and that training does not use. */
  static void requireName(String name) {
    LogNames.requireSplit(name);
    if (OF_TRAINING.contains(name)) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Invalid name of a scoring: "
              + name
              + " (training logs train, validation and test; expected another name,"
              + " such as "
              + name
              + "-scored)");
    }
  }
}
