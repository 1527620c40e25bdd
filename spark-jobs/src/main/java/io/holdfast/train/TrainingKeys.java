package io.holdfast.train;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigKey;
import io.holdfast.config.ConfigSchema;
import io.holdfast.method.ClassBalance;
import io.holdfast.method.Methods;
import io.holdfast.model.ModelKeys;

/** Configuration keys of a training run. */
public final class TrainingKeys {

  /** Who averages. */
  public enum Engine {
    /** Holdfast's own. */
    HOLDFAST,
    /** DL4J Spark's ParameterAveragingTrainingMaster, as a baseline for std. */
    STOCK
  }

  /** What early stopping watches. */
  public enum StoppingMetric {
    /** Higher is better. */
    ACCURACY,
    /** Lower is better. */
    LOSS
  }

  /** Type of parameters, activations and gradients. */
  public enum Precision {
    /** 32 bits. */
    FLOAT,
    /** 16 bits, 10 of them mantissa. */
    HALF,
    /** 16 bits, 7 of them mantissa. */
    BFLOAT16
  }

  /** Type of the values in the behaviour store. */
  public enum StorePrecision {
    /** 32 bits. */
    FLOAT,
    /** 16 bits, 10 of them mantissa. */
    HALF
  }

  /** How the samples of an epoch are chosen. */
  public enum Sampling {
    /** Every sample once. */
    INSTANCE,
    /** Draws with replacement: a class first, all alike, then one of its samples. */
    CLASS
  }

  static final ConfigKey<String> METHOD =
      ConfigKey.string("method", "training method, see `holdfast methods`").withDefault("std");
  static final ConfigKey<Integer> EPOCHS =
      ConfigKey.integer("train.epochs", "passes over the training samples")
          .atLeast(1)
          .withDefault(10);
  static final ConfigKey<Integer> BATCH_SIZE =
      ConfigKey.integer("train.batch_size", "samples of a minibatch of one worker")
          .atLeast(1)
          .withDefault(32);
  static final ConfigKey<Integer> WORKERS =
      ConfigKey.integer(
              "train.workers",
              "logical shards that train side by side; part of the result, not of the cluster's"
                  + " size")
          .atLeast(1)
          .withDefault(1);
  static final ConfigKey<Integer> AVERAGING_FREQUENCY =
      ConfigKey.integer(
              "train.averaging_frequency", "minibatches of a worker between two averagings")
          .atLeast(1)
          .withDefault(5);
  static final ConfigKey<Long> SEED =
      ConfigKey.longInteger("train.seed", "seed of every random stream of the run").withDefault(1L);
  static final ConfigKey<Precision> PRECISION =
      ConfigKey.choice(
              "train.precision",
              Precision.class,
              "type of parameters, activations and gradients; half and bfloat16 are refused")
          .withDefault(Precision.FLOAT);
  static final ConfigKey<Engine> ENGINE =
      ConfigKey.choice(
              "averaging.engine", Engine.class, "who averages; stock is a baseline for std")
          .withDefault(Engine.HOLDFAST);
  static final ConfigKey<FeatureScaling> SCALING =
      ConfigKey.choice(
              "data.scaling",
              FeatureScaling.class,
              "standardise by the training part's mean and deviation, unit (pixels / 255), or none")
          .withDefault(FeatureScaling.STANDARDISE);
  static final ConfigKey<Integer> CROP =
      ConfigKey.integer("augment.crop", "padding in pixels before a random crop; 0 is off")
          .atLeast(0)
          .withDefault(0);
  static final ConfigKey<Boolean> FLIP =
      ConfigKey.bool("augment.flip", "mirror images left and right with probability 1/2")
          .withDefault(false);
  static final ConfigKey<Double> ROTATION =
      ConfigKey.number(
              "augment.rotation", "largest angle of a random rotation in degrees; 0 is off")
          .between(0.0, 180.0)
          .withDefault(0.0);
  static final ConfigKey<Integer> CUT_OUT =
      ConfigKey.integer("augment.cutout", "edge in pixels of a square set to zero; 0 is off")
          .atLeast(0)
          .withDefault(0);
  static final ConfigKey<Sampling> SAMPLING =
      ConfigKey.choice(
              "balance.sampling",
              Sampling.class,
              "instance: every sample once in an epoch; class: as many draws with replacement, all"
                  + " classes alike")
          .withDefault(Sampling.INSTANCE);
  static final ConfigKey<Boolean> VECTORS =
      ConfigKey.bool("log.vectors", "log the logits of every sample; by default up to 100 classes")
          .optional();
  static final ConfigKey<StorePrecision> STORE_PRECISION =
      ConfigKey.choice(
              "store.precision",
              StorePrecision.class,
              "type of what the method keeps of every sample (fer, lwr); by default float")
          .optional();
  static final ConfigKey<Integer> STORE_TOP =
      ConfigKey.integer(
              "store.top",
              "keep the largest values of every sample's outputs alone, and the mean of the others;"
                  + " by default all")
          .atLeast(1)
          .optional();
  static final ConfigKey<Integer> KEEP =
      ConfigKey.integer("checkpoint.keep", "latest commits whose checkpoints are kept; 0 keeps all")
          .atLeast(0)
          .withDefault(0);
  static final ConfigKey<Integer> PATIENCE =
      ConfigKey.integer(
              "early_stopping.patience",
              "stop after so many epochs without a better validation metric; 0 is off")
          .atLeast(0)
          .withDefault(0);
  static final ConfigKey<StoppingMetric> STOPPING_METRIC =
      ConfigKey.choice(
              "early_stopping.metric", StoppingMetric.class, "validation metric that is watched")
          .withDefault(StoppingMetric.ACCURACY);

  private static final int LARGEST_CLASSES_WITH_VECTORS = 100;

  private TrainingKeys() {}

  /** Whether a run with this configuration logs logits. */
  static boolean logsVectors(Config config, int classes) {
    return config.find(VECTORS).orElse(classes <= LARGEST_CLASSES_WITH_VECTORS);
  }

  /**
   * All keys of a run but the options of its method.
   *
   * @return the schema, in the order of the documentation
   */
  public static ConfigSchema schema() {
    return ConfigSchema.of(
            METHOD,
            EPOCHS,
            BATCH_SIZE,
            WORKERS,
            AVERAGING_FREQUENCY,
            SEED,
            PRECISION,
            ENGINE,
            SCALING,
            CROP,
            FLIP,
            ROTATION,
            CUT_OUT,
            SAMPLING,
            VECTORS,
            STORE_PRECISION,
            STORE_TOP,
            KEEP,
            PATIENCE,
            STOPPING_METRIC)
        .plus(ClassBalance.schema())
        .plus(ModelKeys.schema())
        .plus(StartingRun.schema());
  }

  /**
   * All keys that a run of one method understands.
   *
   * @param method its name
   * @return the schema
   */
  public static ConfigSchema schema(String method) {
    return schema().plus(Methods.schema(method));
  }
}
