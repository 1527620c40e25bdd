package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import io.holdfast.config.ConfigSchema;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Class-balanced weights of the loss, from the start or deferred: what the keys {@code balance.*}
 * that go with any method say.
 *
 * <p>Source: Cui et al. 2019, "Class-balanced loss based on effective number of samples" (weights);
 * Cao et al. 2019, LDAM paper (deferred re-weighting, DRW). The EL paper's table 3 combines both
 * with its loss.
 */
public final class ClassBalance {

  /** How much the samples of a class weigh in the loss. */
  public enum Weights {
    /** All alike. */
    NONE,
    /** By the effective number of the class's training samples. */
    EFFECTIVE_NUMBER
  }

  /** How much the samples of a class weigh in the loss. */
  public static final ConfigKey<Weights> WEIGHTS =
      ConfigKey.choice(
              "balance.weights",
              Weights.class,
              "weights of the classes in the loss, by the effective number of their samples")
          .withDefault(Weights.NONE);

  /** Beta of the effective number. */
  public static final ConfigKey<Double> BETA =
      ConfigKey.number(
              "balance.beta",
              "beta of the effective number (1 - beta^n) / (1 - beta) of n samples; 0 weighs all"
                  + " classes alike")
          .matching(value -> value >= 0 && value < 1, "from 0.0 to below 1.0")
          .withDefault(0.9999);

  /** Part of the run before balancing begins. */
  public static final ConfigKey<Double> DEFERRAL =
      ConfigKey.number(
              "balance.deferral",
              "fraction f of the run; weights and sampling are balanced in epochs after"
                  + " floor(f * epochs)")
          .matching(value -> value >= 0 && value < 1, "from 0.0 to below 1.0")
          .withDefault(0.0);

  private static final ConfigSchema SCHEMA = ConfigSchema.of(WEIGHTS, BETA, DEFERRAL);

  private ClassBalance() {}

  /**
   * The keys.
   *
   * @return the schema, in the order of the documentation
   */
  public static ConfigSchema schema() {
    return SCHEMA;
  }

  /**
   * What {@link Methods#create} has to be given besides the method's own options.
   *
   * @param config a configuration that has these keys
   * @return texts by key name; empty where nothing is weighted
   */
  public static Map<String, String> options(Config config) {
    Map<String, String> options = new LinkedHashMap<>();
    if (config.get(WEIGHTS) != Weights.NONE) {
      for (ConfigKey<?> key : SCHEMA.keys()) {
        options.put(key.name(), config.resolved().get(key.name()));
      }
    }
    return options;
  }

  /**
   * Whether an epoch is balanced.
   *
   * @param deferral f, from 0 to below 1
   * @param position the epoch k of M
   * @return whether {@code k > floor(f M)}
   */
  public static boolean begun(double deferral, EpochPosition position) {
    // The small term keeps 0.7 * 10 from landing just below 7.
    return position.epoch() > Math.floor(deferral * position.epochs() + 1e-9);
  }

  /**
   * Weights by the effective number of samples: {@code w_c} proportional to {@code (1 - beta) / (1
   * - beta^n_c)}. A class without samples weighs 0; the other weights sum to the number of classes
   * that have samples.
   *
   * @param counts training samples n of every class, {@code [classes]}
   * @param beta from 0 to below 1
   * @return {@code [classes]}
   */
  static double[] effectiveNumberWeights(long[] counts, double beta) {
    double[] weights = new double[counts.length];
    double sum = 0;
    int present = 0;
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] > 0) {
        // 1 - beta^n keeps its digits for beta next to 1.
        weights[c] = -1 / StrictMath.expm1(counts[c] * StrictMath.log(beta));
        sum += weights[c];
        present++;
      }
    }
    for (int c = 0; c < counts.length; c++) {
      weights[c] = counts[c] == 0 ? 0 : weights[c] * present / sum;
    }
    return weights;
  }
}
