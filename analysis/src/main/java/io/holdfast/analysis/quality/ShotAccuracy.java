package io.holdfast.analysis.quality;

/**
 * Accuracy on classes with many, medium and few training samples: more than 100, 20 to 100, less
 * than 20; the mean of the accuracies of the classes in each group. Source: Liu et al. 2019 (open
 * long-tailed recognition), as in the code of Kang et al. 2020.
 *
 * @param many 0 to 1; null where no class of the group was evaluated
 * @param medium 0 to 1; null where no class of the group was evaluated
 * @param few 0 to 1; null where no class of the group was evaluated
 */
record ShotAccuracy(Double many, Double medium, Double few) {
  private static final int MANY_ABOVE = 100;
  private static final int FEW_BELOW = 20;

  /**
   * Computes the three.
   *
   * @param trained training samples of each class; classes beyond its length have none
   * @param labelled evaluated samples of each class
   * @param right how many of them are right
   */
  static ShotAccuracy of(long[] trained, long[] labelled, long[] right) {
    double[] sums = new double[3];
    int[] classes = new int[3];
    for (int c = 0; c < labelled.length; c++) {
      if (labelled[c] > 0) {
        long count = c < trained.length ? trained[c] : 0;
        int group = count > MANY_ABOVE ? 0 : count < FEW_BELOW ? 2 : 1;
        sums[group] += (double) right[c] / labelled[c];
        classes[group]++;
      }
    }
    return new ShotAccuracy(
        mean(sums[0], classes[0]), mean(sums[1], classes[1]), mean(sums[2], classes[2]));
  }

  private static Double mean(double sum, int classes) {
    return classes == 0 ? null : Double.valueOf(sum / classes);
  }
}
