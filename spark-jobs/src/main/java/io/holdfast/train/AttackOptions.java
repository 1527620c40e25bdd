package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.attack.Attack;
import java.util.List;

/**
 * Whose network to attack, on which samples and how.
 *
 * @param log root of the prediction log that holds the run
 * @param runId the run
 * @param epoch whose parameters
 * @param data directory of the sample table
 * @param split the split of it that is attacked
 * @param attacks at least one, of one kind, with the same steps, one for every epsilon
 * @param randomStart seed of a uniform random start in the ball of every sample; null for none
 * @param name the split's name in the log, under which the predictions on the adversarial inputs
 *     are logged; null for not at all. The names under which training logs are refused
 * @param overwrite whether an earlier scoring of that name and epoch is replaced
 */
public record AttackOptions(
    String log,
    String runId,
    EpochChoice epoch,
    String data,
    String split,
    List<Attack> attacks,
    Long randomStart,
    String name,
    boolean overwrite) {

  /** Checks what does not go together. */
  public AttackOptions {
    attacks = List.copyOf(attacks);
    if (randomStart != null) {
      attacks.forEach(Attack::requireStart);
    }
    if (name != null) {
      EvaluateOptions.requireName(name);
      if (attacks.size() != 1) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "Cannot log "
                + attacks.size()
                + " values of epsilon as one split "
                + name
                + " (expected one epsilon)");
      }
    }
  }
}
