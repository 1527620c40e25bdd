package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigKey;
import io.holdfast.config.ConfigSchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The run whose parameters another one starts from: all of them, or those of the features alone
 * under a classifier that is trained anew (cRT; Kang et al. 2020, "Decoupling representation and
 * classifier for long-tailed recognition"). The output layer is the classifier, all other layers
 * are the features.
 */
final class StartingRun {

  /** Layers that keep the parameters they start with. */
  enum Frozen {
    /** None. */
    NONE,
    /** All but the output layer, which starts from the run's own seed. */
    FEATURES
  }

  static final ConfigKey<String> START =
      ConfigKey.string(
              "model.start", "id of a run in the same log whose parameters this one starts from")
          .optional();
  static final ConfigKey<String> EPOCH =
      ConfigKey.string("model.start_epoch", "epoch of model.start: last, best or a number")
          .matching(
              text -> text.matches("last|best|[1-9][0-9]{0,8}"), "that is last, best or a number")
          .withDefault("last");
  static final ConfigKey<Frozen> FROZEN =
      ConfigKey.choice(
              "model.frozen",
              Frozen.class,
              "features: all layers but the output layer stay as in model.start, batch-norm"
                  + " statistics too; the output layer starts anew")
          .withDefault(Frozen.NONE);

  /** Keys of the network that may differ, because they do not change what its parameters mean. */
  private static final Set<String> FREE =
      Set.of(START.name(), EPOCH.name(), FROZEN.name(), "model.initial_weights", "model.file");

  private StartingRun() {}

  static ConfigSchema schema() {
    return ConfigSchema.of(START, EPOCH, FROZEN);
  }

  /**
   * Refuses frozen layers that start from no run.
   *
   * @throws ConfigException where {@code model.start} is missing
   */
  static void requireStart(Config config) {
    if (freezesFeatures(config) && config.find(START).isEmpty()) {
      throw new ConfigException("Missing key: model.start (expected with model.frozen = features)");
    }
  }

  /**
   * Refuses a start from a run for methods of two networks, which have to differ from the start.
   *
   * @throws ConfigException where {@code model.start} is set
   */
  static void requireNone(Config config) {
    config
        .find(START)
        .ifPresent(
            run -> {
              throw new ConfigException(
                  "Invalid value for model.start: "
                      + run
                      + " (expected none with method = "
                      + config.get(TrainingKeys.METHOD)
                      + ", whose two networks start from different weights)");
            });
  }

  static boolean freezesFeatures(Config config) {
    return config.get(FROZEN) == Frozen.FEATURES;
  }

  /**
   * Gives a new network the parameters it starts from, where the configuration names a run.
   *
   * @param runId the run that starts
   * @param input what its network is fed
   * @param network initialised from its seed; changed in place
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where there is no such run or epoch,
   *     or its network or classes are others
   */
  static void copyParameters(
      Configuration conf,
      LogRoot root,
      Config config,
      String runId,
      InputSpec input,
      ComputationGraph network) {
    String start = config.find(START).orElse(null);
    if (start == null) {
      return;
    }
    if (start.equals(runId)) {
      throw other("Run " + runId + " cannot start from itself (expected another run)");
    }
    CommittedRun run = CommittedRun.open(conf, root, start);
    run.requireInput("Run " + start + " of model.start", input);
    requireSameNetwork(run, config, network);
    float[] parameters = run.state(run.epoch(EpochChoice.parse(config.get(EPOCH)))).parameters();
    INDArray classifier = network.getOutputLayer(0).params();
    INDArray initialised = classifier.dup();
    NativeArrays.put(parameters, parameters.length, network.params());
    if (freezesFeatures(config)) {
      classifier.assign(initialised);
    }
  }

  private static void requireSameNetwork(
      CommittedRun run, Config config, ComputationGraph network) {
    String id = run.record().runId();
    Map<String, String> theirs = run.record().config();
    config
        .resolved()
        .forEach(
            (key, value) -> {
              boolean shared = key.startsWith("model") || key.equals(TrainingKeys.SCALING.name());
              if (shared && !FREE.contains(key) && !Objects.equals(theirs.get(key), value)) {
                throw other(
                    "Run "
                        + id
                        + " of model.start has "
                        + key
                        + " = "
                        + theirs.getOrDefault(key, "none")
                        + " (expected "
                        + value
                        + ", as this run)");
              }
            });
    ComputationGraph source =
        new ComputationGraph(ComputationGraphConfiguration.fromJson(run.networkJson()));
    source.init();
    List<String> found = parameterShapes(source);
    List<String> expected = parameterShapes(network);
    for (int i = 0; i < Math.max(found.size(), expected.size()); i++) {
      String its = i < found.size() ? found.get(i) : "nothing";
      String own = i < expected.size() ? expected.get(i) : "nothing";
      if (!its.equals(own)) {
        throw other(
            "Run "
                + id
                + " of model.start has another network: parameters "
                + its
                + " (expected "
                + own
                + ")");
      }
    }
  }

  /** Name and shape of every array of parameters, in their order. */
  private static List<String> parameterShapes(ComputationGraph network) {
    List<String> shapes = new ArrayList<>();
    network
        .paramTable()
        .forEach((name, array) -> shapes.add(name + " " + Arrays.toString(array.shape())));
    return shapes;
  }

  private static HoldfastException other(String message) {
    return new HoldfastException(ExitCode.BAD_INPUT, message);
  }
}
