package io.holdfast.model;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import io.holdfast.updater.ClassicalMomentum;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * Networks from configuration. Whatever the source, the result is one kind of thing: a graph with
 * one input and one output layer of identity activation that carries the method's loss, with the
 * configured optimiser on every layer.
 */
public final class Networks {

  private Networks() {}

  /**
   * Builds the configuration of the network of a run.
   *
   * @param config values of {@link ModelKeys}
   * @param shape of one sample: {@code [features]}, {@code [channels, height, width]} or, of a
   *     text, {@code [symbols, length]}
   * @param classes number of classes
   * @param epochs of the run, for the learning-rate schedule
   * @param seed of the initial weights
   * @param loss the method's loss
   * @param userJson content of {@code model.file}; null for built-in networks
   * @return the configuration
   */
  public static ComputationGraphConfiguration build(
      Config config,
      int[] shape,
      int classes,
      int epochs,
      long seed,
      ILossFunction loss,
      String userJson) {
    ComputationGraphConfiguration network =
        switch (config.get(ModelKeys.MODEL)) {
          case MLP -> mlp(config, shape, classes, seed, loss);
          case LENET -> lenet(config, shape, classes, seed, loss);
          case RESNET18, RESNET, WRN -> residual(config, shape, classes, seed, loss);
          case FASTTEXT -> TextNetworks.fasttext(base(config, seed), config, shape, classes, loss);
          case CHAR_CNN ->
              TextNetworks.characters(base(config, seed), config, shape, classes, loss);
          case DL4J -> fromUser(config, userJson, classes, seed, loss);
        };
    configure(network, config, epochs);
    if (config.get(ModelKeys.MODEL) == ModelKeys.Network.DL4J) {
      requireUsable(config.get(ModelKeys.FILE), network);
    }
    return network;
  }

  private static void configure(ComputationGraphConfiguration network, Config config, int epochs) {
    IUpdater updater = updater(config, LearningRates.perEpoch(config, epochs));
    double weightDecay = config.get(ModelKeys.WEIGHT_DECAY);
    for (GraphVertex vertex : network.getVertices().values()) {
      if (vertex instanceof LayerVertex layer
          && layer.getLayerConf().getLayer() instanceof BaseLayer base) {
        base.setIUpdater(updater.clone());
        base.setBiasUpdater(null);
        base.setRegularization(decay(weightDecay));
        base.setRegularizationBias(decay(weightDecay));
        if (base instanceof BatchNormalization norm) {
          keepVariance(norm, layer.getLayerConf());
        }
      }
    }
  }

  /** Finds out here, where the file is known, that DL4J cannot make the network. */
  private static void requireUsable(String file, ComputationGraphConfiguration network) {
    try {
      requireSize(network.getVertices().values().stream().mapToLong(each -> each.numParams(false)));
      new ComputationGraph(network.clone()).init();
    } catch (RuntimeException unusable) {
      throw new ConfigException("Invalid network in " + file + ": " + reason(unusable));
    }
  }

  /** Asks for the number of parameters of every layer before an array of that length is made. */
  private static void requireSize(LongStream parameters) {
    double total = parameters.peek(Networks::requireLength).asDoubleStream().sum();
    long bytes = Pointer.maxBytes();
    if (total > Integer.MAX_VALUE || (bytes > 0 && Float.BYTES * total > bytes)) {
      throw new ConfigException(
          String.format(
              Locale.ROOT,
              "%.0f parameters (expected at most %d, and at most the %d bytes of"
                  + " org.bytedeco.javacpp.maxbytes)",
              total,
              Integer.MAX_VALUE,
              bytes));
    }
  }

  /** What DL4J says, without the text of the file that it quotes after it. */
  private static String reason(RuntimeException thrown) {
    String message = String.valueOf(thrown.getMessage()).strip();
    return message
        .lines()
        .findFirst()
        .orElse("")
        .replaceFirst("^org\\.nd4j\\.shade\\.[A-Za-z.]+: ", "");
  }

  private static void requireLength(long parameters) {
    if (parameters < 0) {
      throw new ConfigException("a layer of " + parameters + " parameters (expected 0 or more)");
    }
  }

  /**
   * Insists on the network that a run was trained with.
   *
   * @param file its name, for messages
   * @param json what the run stored
   * @param parameters how many it has
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where the text is no such network
   */
  public static void requireParameters(String file, String json, long parameters) {
    String problem;
    try {
      long found =
          ComputationGraphConfiguration.fromJson(json).getVertices().values().stream()
              .mapToLong(each -> each.numParams(false))
              .sum();
      problem = found == parameters ? null : found + " parameters";
    } catch (RuntimeException damaged) {
      problem = reason(damaged);
    }
    if (problem != null) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          "Damaged "
              + file
              + ": "
              + problem
              + " (expected the network of a run with "
              + parameters
              + " parameters)");
    }
  }

  /**
   * Running variances are averaged between shards, which has a meaning for variances and none for
   * DL4J's default, logarithms of deviations. DL4J's JSON does not carry that choice: its reader
   * takes it from the names of the layer's parameters.
   */
  private static void keepVariance(BatchNormalization norm, NeuralNetConfiguration configuration) {
    norm.setUseLogStd(false);
    configuration.setVariables(new ArrayList<>(norm.initializer().paramKeys(norm)));
  }

  /**
   * The path of the user's own network, where one is configured.
   *
   * @param config values of {@link ModelKeys}
   * @return the path, or null for a built-in network
   */
  public static String userFile(Config config) {
    boolean own = config.get(ModelKeys.MODEL) == ModelKeys.Network.DL4J;
    String file = config.find(ModelKeys.FILE).orElse(null);
    if (own && file == null) {
      throw new ConfigException(
          "Missing value for model.file (expected the JSON file of a DL4J network)");
    }
    return own ? file : null;
  }

  /**
   * The same network as plain DL4J would configure it: softmax output and multi-class cross
   * entropy, so that it loads where Holdfast is not installed.
   *
   * @param trained configuration of a trained network
   * @return a copy without any class of ours
   */
  public static ComputationGraphConfiguration withoutMethod(ComputationGraphConfiguration trained) {
    ComputationGraphConfiguration plain = trained.clone();
    for (GraphVertex vertex : plain.getVertices().values()) {
      if (vertex instanceof LayerVertex layer
          && layer.getLayerConf().getLayer() instanceof BaseLayer base) {
        if (base.getIUpdater() instanceof ClassicalMomentum momentum) {
          base.setIUpdater(new Nesterovs(momentum.getLearningRate(0, 0), momentum.momentum()));
        }
        if (base instanceof BaseOutputLayer output) {
          output.setLossFn(new LossMCXENT());
          output.setActivationFn(new ActivationSoftmax());
        }
      }
    }
    return plain;
  }

  private static List<Regularization> decay(double weightDecay) {
    List<Regularization> terms = new ArrayList<>();
    if (weightDecay > 0) {
      terms.add(new L2Regularization(weightDecay));
    }
    return terms;
  }

  private static IUpdater updater(Config config, double[] rates) {
    Map<Integer, Double> changes = new HashMap<>();
    for (int epoch = 0; epoch < rates.length; epoch++) {
      if (epoch == 0 || rates[epoch] != rates[epoch - 1]) {
        changes.put(epoch, rates[epoch]);
      }
    }
    MapSchedule schedule = new MapSchedule(ScheduleType.EPOCH, changes);
    return switch (config.get(ModelKeys.OPTIMISER)) {
      case SGD -> new ClassicalMomentum(schedule, config.get(ModelKeys.MOMENTUM));
      case NESTEROV ->
          Nesterovs.builder()
              .learningRateSchedule(schedule)
              .momentum(config.get(ModelKeys.MOMENTUM))
              .build();
      case ADAM ->
          Adam.builder()
              .learningRateSchedule(schedule)
              .beta1(config.get(ModelKeys.BETA1))
              .beta2(config.get(ModelKeys.BETA2))
              .epsilon(config.get(ModelKeys.EPSILON))
              .build();
      case RMSPROP ->
          RmsProp.builder()
              .learningRateSchedule(schedule)
              .rmsDecay(config.get(ModelKeys.BETA2))
              .epsilon(config.get(ModelKeys.EPSILON))
              .build();
    };
  }

  private static NeuralNetConfiguration.Builder base(Config config, long seed) {
    WeightInit weights =
        switch (config.get(ModelKeys.INITIAL_WEIGHTS)) {
          case UNIFORM -> WeightInit.UNIFORM;
          case RELU -> WeightInit.RELU;
          case XAVIER -> WeightInit.XAVIER;
        };
    return new NeuralNetConfiguration.Builder().seed(seed).weightInit(weights);
  }

  private static OutputLayer output(int classes, ILossFunction loss) {
    return new OutputLayer.Builder(loss).nOut(classes).activation(Activation.IDENTITY).build();
  }

  private static ComputationGraphConfiguration mlp(
      Config config, int[] shape, int classes, long seed, ILossFunction loss) {
    Activation activation =
        switch (config.get(ModelKeys.ACTIVATION)) {
          case RELU -> Activation.RELU;
          case TANH -> Activation.TANH;
          case SIGMOID -> Activation.SIGMOID;
        };
    var graph =
        base(config, seed).graphBuilder().addInputs("input").setInputTypes(inputType(shape));
    String previous = "input";
    int number = 1;
    for (int units : config.get(ModelKeys.HIDDEN)) {
      if (units < 1) {
        throw new ConfigException(
            "Invalid value for model.hidden: " + units + " (expected at least 1 unit)");
      }
      String name = "hidden" + number++;
      graph.addLayer(
          name, new DenseLayer.Builder().nOut(units).activation(activation).build(), previous);
      previous = name;
    }
    return graph.addLayer("output", output(classes, loss), previous).setOutputs("output").build();
  }

  private static ComputationGraphConfiguration lenet(
      Config config, int[] shape, int classes, long seed, ILossFunction loss) {
    if (shape.length != 3 || shape[1] < 16 || shape[2] < 16) {
      throw new ConfigException(
          "Invalid value for model: lenet (expected images of at least 16x16, found samples of"
              + " shape "
              + java.util.Arrays.toString(shape)
              + ")");
    }
    return base(config, seed)
        .convolutionMode(ConvolutionMode.Truncate)
        .graphBuilder()
        .addInputs("input")
        .setInputTypes(inputType(shape))
        .addLayer("convolution1", convolution(20), "input")
        .addLayer("pool1", maxPool(), "convolution1")
        .addLayer("convolution2", convolution(50), "pool1")
        .addLayer("pool2", maxPool(), "convolution2")
        .addLayer(
            "dense",
            new DenseLayer.Builder().nOut(500).activation(Activation.RELU).build(),
            "pool2")
        .addLayer("output", output(classes, loss), "dense")
        .setOutputs("output")
        .build();
  }

  private static ComputationGraphConfiguration residual(
      Config config, int[] shape, int classes, long seed, ILossFunction loss) {
    var graph =
        base(config, seed)
            .convolutionMode(ConvolutionMode.Truncate)
            .graphBuilder()
            .addInputs("input")
            .setInputTypes(inputType(shape));
    String features = ResidualNetworks.add(graph, config, shape);
    return graph.addLayer("output", output(classes, loss), features).setOutputs("output").build();
  }

  private static ConvolutionLayer convolution(int filters) {
    return new ConvolutionLayer.Builder(5, 5).nOut(filters).activation(Activation.RELU).build();
  }

  private static SubsamplingLayer maxPool() {
    return new SubsamplingLayer.Builder(
            SubsamplingLayer.PoolingType.MAX, new int[] {2, 2}, new int[] {2, 2})
        .build();
  }

  private static InputType inputType(int[] shape) {
    return shape.length == 3
        ? InputType.convolutional(shape[1], shape[2], shape[0])
        : InputType.feedForward(shape[0]);
  }

  private static ComputationGraphConfiguration fromUser(
      Config config, String json, int classes, long seed, ILossFunction loss) {
    String file = config.get(ModelKeys.FILE);
    ComputationGraphConfiguration graph = parse(file, json);
    if (graph.getNetworkInputs() == null || graph.getNetworkOutputs() == null) {
      throw new ConfigException("Invalid network in " + file + ": no inputs or no outputs");
    }
    if (graph.getNetworkInputs().size() != 1 || graph.getNetworkOutputs().size() != 1) {
      throw new ConfigException(
          "Invalid network in "
              + file
              + ": "
              + graph.getNetworkInputs().size()
              + " inputs and "
              + graph.getNetworkOutputs().size()
              + " outputs (expected one input and one softmax output layer)");
    }
    String outputName = graph.getNetworkOutputs().get(0);
    Layer last =
        graph.getVertices().get(outputName) instanceof LayerVertex vertex
            ? vertex.getLayerConf().getLayer()
            : null;
    if (!(last instanceof OutputLayer output)
        || !(output.getActivationFn() instanceof ActivationSoftmax)) {
      throw new ConfigException(
          "Invalid network in "
              + file
              + ": the output "
              + outputName
              + " is "
              + (last == null ? "no layer" : last.getClass().getSimpleName())
              + (last instanceof BaseLayer layer
                  ? " with activation " + layer.getActivationFn()
                  : "")
              + " (expected an OutputLayer with softmax)");
    }
    if (output.getNOut() != classes) {
      throw new ConfigException(
          "Invalid network in "
              + file
              + ": "
              + output.getNOut()
              + " outputs (the data has "
              + classes
              + " classes)");
    }
    output.setLossFn(loss);
    output.setActivationFn(new ActivationIdentity());
    for (GraphVertex vertex : graph.getVertices().values()) {
      if (vertex instanceof LayerVertex layer) {
        layer.getLayerConf().setSeed(seed);
      }
    }
    graph.getDefaultConfiguration().setSeed(seed);
    return graph;
  }

  private static ComputationGraphConfiguration parse(String file, String json) {
    String problem;
    try {
      ComputationGraphConfiguration graph = ComputationGraphConfiguration.fromJson(json);
      if (graph.getVertices() == null || graph.getVertices().isEmpty()) {
        problem = "no vertices";
      } else if (graph.getDefaultConfiguration() == null) {
        problem = "no defaultConfiguration";
      } else {
        return graph;
      }
    } catch (RuntimeException notAGraph) {
      problem = reason(notAGraph);
    }
    try {
      MultiLayerConfiguration configuration = MultiLayerConfiguration.fromJson(json);
      requireSize(
          configuration.getConfs().stream()
              .mapToLong(each -> each.getLayer().initializer().numParams(each)));
      MultiLayerNetwork layers = new MultiLayerNetwork(configuration);
      layers.init();
      return layers.toComputationGraph().getConfiguration();
    } catch (RuntimeException notLayers) {
      throw new ConfigException(
          "Invalid network in "
              + file
              + ": neither a ComputationGraphConfiguration ("
              + problem
              + ") nor a MultiLayerConfiguration ("
              + reason(notLayers)
              + ")");
    }
  }
}
