package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A run's network as it is evaluated, with a way back from the logits to the input: no dropout, no
 * weight noise, batch normalisation by its running statistics, and a dense layer in the place of
 * the output layer and its loss. The parameters are those of the run's network, in the same order.
 */
final class AttackedGraph extends ComputationGraph {
  private static final long serialVersionUID = 1L;

  /**
   * @param json configuration of a run's network: one input, one output layer of identity
   *     activation
   */
  AttackedGraph(String json) {
    super(evaluated(ComputationGraphConfiguration.fromJson(json)));
  }

  private static ComputationGraphConfiguration evaluated(ComputationGraphConfiguration network) {
    // The input's gradient would be gone with the workspace of the first layer.
    network.setTrainingWorkspaceMode(WorkspaceMode.NONE);
    network.setInferenceWorkspaceMode(WorkspaceMode.NONE);
    for (var vertex : network.getVertices().values()) {
      if (vertex instanceof LayerVertex holder) {
        Layer layer = holder.getLayerConf().getLayer();
        layer.setIDropout(null);
        if (layer instanceof BaseLayer base) {
          base.setWeightNoise(null);
        }
        if (layer instanceof BatchNormalization norm) {
          holder.getLayerConf().setLayer(new EvaluatedBatchNormalization(norm));
        } else if (layer instanceof OutputLayer output) {
          holder.getLayerConf().setLayer(logits(output));
        }
      }
    }
    return network;
  }

  private static DenseLayer logits(OutputLayer output) {
    DenseLayer logits =
        new DenseLayer.Builder()
            .nIn(output.getNIn())
            .nOut(output.getNOut())
            .hasBias(output.hasBias())
            .activation(new ActivationIdentity())
            .build();
    logits.setLayerName(output.getLayerName());
    logits.setWeightInitFn(output.getWeightInitFn());
    logits.setBiasInit(output.getBiasInit());
    return logits;
  }

  /**
   * The forward pass that {@link #backward} goes back from.
   *
   * @return logits, {@code [batch, classes]}
   */
  INDArray forward(INDArray input) {
    // As in training, which is the mode that keeps what every layer's way back needs.
    Map<String, INDArray> activations = feedForward(new INDArray[] {input}, true, false);
    return activations.get(getConfiguration().getNetworkOutputs().get(0));
  }

  /**
   * The gradient with respect to the input of the last forward pass.
   *
   * @param slopes gradient with respect to the logits, {@code [batch, classes]}
   * @return in the shape of the input, in C order
   */
  INDArray backward(INDArray slopes) {
    try {
      calcBackpropGradients(false, false, slopes);
      INDArray gradient = getVertex(getConfiguration().getNetworkInputs().get(0)).getEpsilon();
      if (gradient == null) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "No gradient reaches the input of the network: a frozen layer stops it"
                + " (expected a network without frozen layers)");
      }
      return gradient.dup('c');
    } finally {
      for (GraphVertex vertex : getVertices()) {
        vertex.clear();
      }
    }
  }
}
