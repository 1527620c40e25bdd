package io.holdfast.train;

import java.util.Map;
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
 */
record NetworkSize(long parameters, long updater, long activations) {

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
    return new NetworkSize(parameters, updater, activations(network, input));
  }

  private static long activations(ComputationGraphConfiguration network, InputSpec input) {
    if (input.masked()) {
      // DL4J derives no type from ids of words: every position has a vector.
      return input.length()
          + network.getVertices().values().stream()
              .filter(LayerVertex.class::isInstance)
              .map(vertex -> ((LayerVertex) vertex).getLayerConf().getLayer())
              .filter(FeedForwardLayer.class::isInstance)
              .mapToLong(layer -> ((FeedForwardLayer) layer).getNOut() * input.length())
              .sum();
    }
    Map<String, InputType> types = network.getLayerActivationTypes(true, inputType(input));
    return types.values().stream().mapToLong(InputType::arrayElementsPerExample).sum();
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
