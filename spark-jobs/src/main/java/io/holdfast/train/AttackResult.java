package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What an attack did to a run's network.
 *
 * @param runId the run
 * @param epoch whose parameters
 * @param data directory of the sample table
 * @param split that was attacked
 * @param samples how many
 * @param attack its name
 * @param step length of a step, in units of a pixel of 0..1; 0 for fgsm
 * @param iterations number of steps
 * @param randomStart seed of the random start; null for none
 * @param cleanAccuracy fraction that is right without attack, 0..1
 * @param results one for every epsilon, in the order asked for
 */
public record AttackResult(
    @JsonProperty("run_id") String runId,
    @JsonProperty("epoch") int epoch,
    @JsonProperty("data") String data,
    @JsonProperty("split") String split,
    @JsonProperty("samples") long samples,
    @JsonProperty("attack") String attack,
    @JsonProperty("step") double step,
    @JsonProperty("iterations") int iterations,
    @JsonProperty("random_start") Long randomStart,
    @JsonProperty("clean_accuracy") double cleanAccuracy,
    @JsonProperty("results") List<Line> results) {

  /**
   * What one epsilon did.
   *
   * @param epsilon the largest change, in units of a pixel of 0..1
   * @param adversarialAccuracy fraction of the adversarial inputs that is right, 0..1
   * @param topOneError fraction of the adversarial inputs that is wrong, 0..1
   * @param loss mean cross entropy on the adversarial inputs
   */
  public record Line(
      @JsonProperty("epsilon") double epsilon,
      @JsonProperty("adversarial_accuracy") double adversarialAccuracy,
      @JsonProperty("top1_error") double topOneError,
      @JsonProperty("loss") double loss) {}
}
