package io.holdfast.model;

import io.holdfast.config.ConfigKey;
import io.holdfast.config.ConfigSchema;
import java.util.List;

/** Configuration keys of networks and optimisers. */
public final class ModelKeys {

  /** The networks that can be built. */
  public enum Network {
    /** Dense layers. */
    MLP,
    /** Two 5x5 convolutions with pooling and one dense layer. */
    LENET,
    /** ResNet-18 of He et al. for small images: a 3x3 stem without pooling. */
    RESNET18,
    /** The CIFAR networks of He et al. of depth 6m + 2, with projection shortcuts. */
    RESNET,
    /** Wide residual networks of Zagoruyko and Komodakis of depth 6m + 4. */
    WRN,
    /** FastText's classifier: the mean of word vectors, then a linear layer. */
    FASTTEXT,
    /** The character convolutions of Zhang, Zhao and LeCun. */
    CHAR_CNN,
    /** A network of the user's own, from DL4J's JSON. */
    DL4J
  }

  /** Activation of hidden layers. */
  public enum HiddenActivation {
    /** max(0, x). */
    RELU,
    /** Hyperbolic tangent. */
    TANH,
    /** Logistic function. */
    SIGMOID
  }

  /** How weights start; biases start at 0. */
  public enum InitialWeights {
    /** Uniform in +-1/sqrt(fan-in), as PyTorch's linear and convolution layers. */
    UNIFORM,
    /** Normal with variance 2/fan-in (He et al.). */
    RELU,
    /** Normal with variance 2/(fan-in + fan-out) (Glorot and Bengio). */
    XAVIER
  }

  /** The optimisers. */
  public enum Optimiser {
    /** Stochastic gradient descent with classical momentum. */
    SGD,
    /** Stochastic gradient descent with Nesterov's momentum. */
    NESTEROV,
    /** Adam (Kingma and Ba). */
    ADAM,
    /** RMSProp. */
    RMSPROP
  }

  /** How the learning rate changes with the global epoch. */
  public enum Schedule {
    /** Never. */
    CONSTANT,
    /** Times the factor every {@code schedule.step} epochs. */
    STEP,
    /** Times the factor after each milestone. */
    MULTI_STEP,
    /** Half a cosine from the learning rate to 0. */
    COSINE,
    /** learning rate * exp(-decay * (epoch - 1)). */
    INVERSE_EXPONENTIAL
  }

  static final ConfigKey<Network> MODEL =
      ConfigKey.choice("model", Network.class, "the network").withDefault(Network.MLP);
  static final ConfigKey<List<Integer>> HIDDEN =
      ConfigKey.integers("model.hidden", "units of every hidden layer of mlp")
          .withDefault(List.of(128, 128));
  static final ConfigKey<HiddenActivation> ACTIVATION =
      ConfigKey.choice(
              "model.activation", HiddenActivation.class, "activation of the hidden layers of mlp")
          .withDefault(HiddenActivation.RELU);
  static final ConfigKey<InitialWeights> INITIAL_WEIGHTS =
      ConfigKey.choice(
              "model.initial_weights",
              InitialWeights.class,
              "how weights of built-in networks start")
          .withDefault(InitialWeights.UNIFORM);
  static final ConfigKey<Integer> DEPTH =
      ConfigKey.integer("model.depth", "layers of resnet (6m + 2) or wrn (6m + 4)").optional();
  static final ConfigKey<Integer> WIDTH =
      ConfigKey.integer("model.width", "times the filters of every stage of wrn")
          .atLeast(1)
          .optional();
  static final ConfigKey<Double> DROPOUT =
      ConfigKey.number(
              "model.dropout",
              "probability of dropping an input of the second convolution of every block of wrn, and"
                  + " of the last two layers of char_cnn")
          .matching(value -> value >= 0 && value < 1, "from 0.0 to below 1.0")
          .withDefault(0.0);
  static final ConfigKey<Integer> EMBEDDING =
      ConfigKey.integer("model.embedding", "dimension of the word vectors of fasttext")
          .atLeast(1)
          .withDefault(10);
  static final ConfigKey<Integer> LENGTH =
      ConfigKey.integer(
              "model.length",
              "words of a text that fasttext reads (by default 256), or characters that char_cnn"
                  + " does (1014)")
          .between(1, 65536)
          .optional();
  static final ConfigKey<Integer> FRAMES =
      ConfigKey.integer(
              "model.frames",
              "filters of every convolution of char_cnn; the paper's large one: 1024")
          .atLeast(1)
          .withDefault(256);
  static final ConfigKey<Integer> UNITS =
      ConfigKey.integer(
              "model.units", "units of both dense layers of char_cnn; the paper's large one: 2048")
          .atLeast(1)
          .withDefault(1024);
  static final ConfigKey<String> FILE =
      ConfigKey.string("model.file", "JSON configuration of a DL4J network (model = dl4j)")
          .optional();
  static final ConfigKey<Optimiser> OPTIMISER =
      ConfigKey.choice("optimiser", Optimiser.class, "the optimiser").withDefault(Optimiser.SGD);
  static final ConfigKey<Double> LEARNING_RATE =
      ConfigKey.number("optimiser.learning_rate", "learning rate of the first epoch")
          .above(0.0)
          .withDefault(0.05);
  static final ConfigKey<Double> MOMENTUM =
      ConfigKey.number("optimiser.momentum", "momentum of sgd and nesterov")
          .between(0.0, 1.0)
          .withDefault(0.9);
  static final ConfigKey<Double> WEIGHT_DECAY =
      ConfigKey.number(
              "optimiser.weight_decay",
              "times the parameter, added to its gradient: weights, biases, batch-norm scale and"
                  + " shift")
          .atLeast(0.0)
          .withDefault(0.0);
  static final ConfigKey<Double> BETA1 =
      ConfigKey.number("optimiser.beta1", "decay of adam's first moment")
          .between(0.0, 1.0)
          .withDefault(0.9);
  static final ConfigKey<Double> BETA2 =
      ConfigKey.number("optimiser.beta2", "decay of adam's second moment and of rmsprop's")
          .between(0.0, 1.0)
          .withDefault(0.999);
  static final ConfigKey<Double> EPSILON =
      ConfigKey.number("optimiser.epsilon", "added to the denominator of adam and rmsprop")
          .above(0.0)
          .withDefault(1e-8);
  static final ConfigKey<Schedule> SCHEDULE =
      ConfigKey.choice("schedule", Schedule.class, "how the learning rate changes with the epoch")
          .withDefault(Schedule.CONSTANT);
  static final ConfigKey<List<String>> MILESTONES =
      ConfigKey.strings(
              "schedule.milestones",
              "fractions m of the run; epochs after floor(m * epochs) use the reduced rate")
          .withDefault(List.of("0.625", "0.75", "0.875"));
  static final ConfigKey<Double> FACTOR =
      ConfigKey.number("schedule.factor", "of each reduction of step and multi_step")
          .above(0.0)
          .withDefault(0.1);
  static final ConfigKey<Integer> STEP =
      ConfigKey.integer("schedule.step", "epochs between two reductions of step")
          .atLeast(1)
          .withDefault(10);
  static final ConfigKey<Integer> CYCLES =
      ConfigKey.integer("schedule.cycles", "cosine cycles of equal length, each from the full rate")
          .atLeast(1)
          .withDefault(1);

  static final ConfigKey<Double> DECAY =
      ConfigKey.number("schedule.decay", "rate of inverse_exponential per epoch")
          .atLeast(0.0)
          .withDefault(0.05);

  private ModelKeys() {}

  /**
   * All keys of this package.
   *
   * @return the schema, in the order of the documentation
   */
  public static ConfigSchema schema() {
    return ConfigSchema.of(
        MODEL,
        HIDDEN,
        ACTIVATION,
        INITIAL_WEIGHTS,
        DEPTH,
        WIDTH,
        DROPOUT,
        EMBEDDING,
        LENGTH,
        FRAMES,
        UNITS,
        FILE,
        OPTIMISER,
        LEARNING_RATE,
        MOMENTUM,
        WEIGHT_DECAY,
        BETA1,
        BETA2,
        EPSILON,
        SCHEDULE,
        MILESTONES,
        FACTOR,
        STEP,
        CYCLES,
        DECAY);
  }
}
