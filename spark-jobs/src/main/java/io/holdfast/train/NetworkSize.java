package io.holdfast.train;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;

/**
 * How large a network is, told from its configuration alone, so that nothing has to be allocated to
 * find out whether it fits.
 *
 * @param parameters number of them
 * @param updater values that the optimiser keeps
 * @param activations values of one sample: the input and the outputs of all layers
 * @param largest values of one sample in the largest of these
 */
record NetworkSize(long parameters, long updater, long activations, long largest) {

  static NetworkSize of(String networkJson, InputSpec input) {
    ComputationGraphConfiguration network = ComputationGraphConfiguration.fromJson(networkJson);
    long parameters = 0;
    long updater = 0;
    for (GraphVertex vertex : network.getVertices().values()) {
      if (vertex instanceof LayerVertex layer) {
        NeuralNetConfiguration configuration = layer.getLayerConf();
        long own = configuration.getLayer().initializer().numParams(configuration);
        parameters += own;
        if (own > 0 && configuration.getLayer() instanceof BaseLayer trained) {
          updater += trained.getIUpdater().stateSize(own);
        }
      }
    }
    long[] activations = activations(network, input);
    return new NetworkSize(
        parameters,
        updater,
        Arrays.stream(activations).sum(),
        Arrays.stream(activations).max().orElse(0));
  }

  /** Values of one sample: in the input and in the output of every layer. */
  private static long[] activations(ComputationGraphConfiguration network, InputSpec input) {
    if (input.masked()) {
      // DL4J derives no type from ids of words: every position has a vector.
      LongStream outputs =
          network.getVertices().values().stream()
              .filter(LayerVertex.class::isInstance)
              .map(vertex -> ((LayerVertex) vertex).getLayerConf().getLayer())
              .filter(FeedForwardLayer.class::isInstance)
              .mapToLong(layer -> ((FeedForwardLayer) layer).getNOut() * input.length());
      return LongStream.concat(LongStream.of(input.length()), outputs).toArray();
    }
    Map<String, InputType> types = network.getLayerActivationTypes(true, inputType(input));
    return types.values().stream().mapToLong(InputType::arrayElementsPerExample).toArray();
  }

  private static InputType inputType(InputSpec input) {
    int[] shape = input.shape();
    if (input.text() != null) {
      return InputType.convolutional(1, shape[1], shape[0]);
    }
    return shape.length == 3
        ? InputType.convolutional(shape[1], shape[2], shape[0])
        : InputType.feedForward(shape[0]);
  }
}
