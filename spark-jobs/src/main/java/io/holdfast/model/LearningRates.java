package io.holdfast.model;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;

/** Learning rates as a function of the global epoch. */
public final class LearningRates {

  private LearningRates() {}

  /**
   * The rate of every epoch.
   *
   * @param config the schedule
   * @param epochs of the whole run
   * @return {@code [epochs]}; index 0 is epoch 1
   */
  public static double[] perEpoch(Config config, int epochs) {
    double initial = config.get(ModelKeys.LEARNING_RATE);
    double[] rates = new double[epochs];
    for (int epoch = 1; epoch <= epochs; epoch++) {
      rates[epoch - 1] =
          initial
              * switch (config.get(ModelKeys.SCHEDULE)) {
                case CONSTANT -> 1;
                case STEP ->
                    Math.pow(
                        config.get(ModelKeys.FACTOR), (epoch - 1) / config.get(ModelKeys.STEP));
                case MULTI_STEP ->
                    Math.pow(config.get(ModelKeys.FACTOR), milestonesPassed(config, epoch, epochs));
                case COSINE -> cosine(epoch, epochs, config.get(ModelKeys.CYCLES));
                case INVERSE_EXPONENTIAL -> Math.exp(-config.get(ModelKeys.DECAY) * (epoch - 1));
              };
    }
    return rates;
  }

  /** Cycle g of G covers the epochs after floor(g M / G), up to floor((g + 1) M / G). */
  private static double cosine(int epoch, int epochs, int cycles) {
    int from = 0;
    int until = 0;
    for (int cycle = 1; epoch > until; cycle++) {
      from = until;
      until = (int) ((long) cycle * epochs / cycles);
    }
    return 0.5 * (1 + Math.cos(Math.PI * (epoch - 1 - from) / (until - from)));
  }

  private static int milestonesPassed(Config config, int epoch, int epochs) {
    int passed = 0;
    for (String text : config.get(ModelKeys.MILESTONES)) {
      double milestone;
      try {
        milestone = Double.parseDouble(text);
      } catch (NumberFormatException e) {
        milestone = Double.NaN;
      }
      if (!(milestone > 0 && milestone <= 1)) {
        throw new ConfigException(
            "Invalid value for schedule.milestones: " + text + " (expected fractions in (0, 1])");
      }
      // The small term keeps 0.7 * 10 from landing just below 7.
      passed += epoch > Math.floor(milestone * epochs + 1e-9) ? 1 : 0;
    }
    return passed;
  }
}
