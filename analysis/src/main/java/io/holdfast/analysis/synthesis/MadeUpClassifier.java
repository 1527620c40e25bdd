package io.holdfast.analysis.synthesis;

import io.holdfast.analysis.log.SampleOutputs;

/**
 * What a classifier that learns says of a sample in an epoch, as a pure function of seed, run,
 * sample and epoch.
 *
 * <p>The margin is {@code 12 growth (ability - difficulty) + noise}. Ability and growth rise over
 * the epochs; difficulty belongs to the sample, most of which are easy; the noise shrinks over the
 * epochs, and half of it stays for eight epochs. So easy samples are learned early and kept, hard
 * ones flip, some are never learned. A wrong label is as hard as the hardest samples: the
 * classifier says the true one until it has memorised the given one.
 */
final class MadeUpClassifier {
  private static final long STEP = 0x9E3779B97F4A7C15L;
  private static final double LARGEST_MARGIN = 12;
  private static final int SLOW_EPOCHS = 8;

  private static final int DIFFICULTY = 1;
  private static final int LABEL = 2;
  private static final int RIVAL = 3;
  private static final int CORRUPTED = 4;
  private static final int WRONG_LABEL = 5;
  private static final int NOISE = 6;
  private static final int SLOW_NOISE = 7;
  private static final int GAP = 8;

  private final int epochs;
  private final int classes;
  private final double labelNoise;
  private final long seed;
  private final long runSeed;

  private long sample;
  private int label;
  private int trueLabel;
  private int rival;
  private double difficulty;

  MadeUpClassifier(SynthesisOptions options, int run) {
    this.epochs = options.epochs();
    this.classes = options.classes();
    this.labelNoise = options.labelNoise();
    this.seed = mix(options.seed());
    this.runSeed = mix(seed + STEP * (run + 1L));
  }

  /** Turns to a sample, from 0. */
  void sample(long id) {
    sample = id;
    int cleanLabel = below(classes, LABEL);
    difficulty = Math.pow(uniform(seed, id, DIFFICULTY), 3);
    if (uniform(seed, id, CORRUPTED) < labelNoise) {
      rival = cleanLabel;
      label = (cleanLabel + 1 + below(classes - 1, WRONG_LABEL)) % classes;
      difficulty = 0.5 + 0.5 * difficulty;
    } else {
      // Near classes are confused more often.
      int distance = (int) ((classes - 1) * Math.pow(uniform(seed, id, RIVAL), 4));
      rival = (cleanLabel + 1 + distance) % classes;
      label = cleanLabel;
    }
    trueLabel = labelNoise > 0 ? cleanLabel : -1;
  }

  /** The class that training is given. */
  int label() {
    return label;
  }

  /** The clean label, or -1 where no labels are wrong. */
  int trueLabel() {
    return trueLabel;
  }

  /** What the classifier says of the sample in an epoch, from 1. */
  void outputs(int epoch, SampleOutputs outputs) {
    double progress = 1 - Math.exp(-5.0 * epoch / epochs);
    double ability = 0.15 + 0.6 * progress;
    double spread = 1.2 * (1 - 0.6 * progress);
    double noise =
        normal(runSeed + epoch, NOISE) + normal(runSeed + epoch / SLOW_EPOCHS, SLOW_NOISE);
    double margin =
        LARGEST_MARGIN * (0.4 + 0.6 * progress) * (ability - difficulty) + spread * noise;
    margin = Math.max(-LARGEST_MARGIN, Math.min(LARGEST_MARGIN, margin));
    // Relative to the label's exponential: that of the rival, and the sum of the others'.
    double ofRival = Math.exp(-margin);
    double gap = 0.5 + 2 * uniform(runSeed + epoch, sample, GAP);
    double ofOthers = Math.min(Math.exp(-0.8 * margin - gap), (classes - 2) * ofRival);
    double sum = 1 + ofRival + ofOthers;
    outputs.predicted = margin > 0 || (margin == 0 && label < rival) ? label : rival;
    outputs.probabilityOfLabel = 1 / sum;
    outputs.probabilityOfPredicted = Math.max(1, ofRival) / sum;
    outputs.margin = margin;
    outputs.loss = Math.log(sum);
  }

  private int below(int bound, int purpose) {
    return (int) (uniform(seed, sample, purpose) * bound);
  }

  /** The sum of four uniform numbers of 16 bits, scaled to mean 0 and variance 1. */
  private double normal(long from, int purpose) {
    long bits = bits(from, sample, purpose);
    long sum =
        (bits & 0xFFFF) + ((bits >>> 16) & 0xFFFF) + ((bits >>> 32) & 0xFFFF) + (bits >>> 48);
    return (sum - 2 * 65535.0) / 65536 * Math.sqrt(3);
  }

  private static double uniform(long from, long sample, int purpose) {
    return (bits(from, sample, purpose) >>> 11) * 0x1p-53;
  }

  private static long bits(long from, long sample, int purpose) {
    return mix(mix(from * STEP + purpose) + sample * STEP);
  }

  /** The finisher of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
