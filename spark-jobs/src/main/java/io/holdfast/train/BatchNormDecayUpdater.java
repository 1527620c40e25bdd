package io.holdfast.train;

import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * DL4J's updater, with weight decay on the scale and shift of batch normalisation too, as PyTorch
 * has it; DL4J never regularises those. Added to the gradient before the optimiser sees it.
 */
final class BatchNormDecayUpdater extends ComputationGraphUpdater {

  BatchNormDecayUpdater(ComputationGraph graph) {
    super(graph);
  }

  @Override
  public void preApply(Trainable layer, Gradient gradient, int iteration) {
    super.preApply(layer, gradient, iteration);
    if (layer.getConfig() instanceof BatchNormalization configuration
        && configuration.getRegularization() != null) {
      decay(layer, gradient, configuration, BatchNormalizationParamInitializer.GAMMA);
      decay(layer, gradient, configuration, BatchNormalizationParamInitializer.BETA);
    }
  }

  private static void decay(
      Trainable layer, Gradient gradient, BatchNormalization configuration, String name) {
    INDArray parameter = layer.paramTable(false).get(name);
    INDArray slope = gradient.getGradientFor(name);
    if (parameter == null || slope == null) {
      return; // Locked scale and shift are constants.
    }
    for (Regularization term : configuration.getRegularization()) {
      if (term.applyStep() == Regularization.ApplyStep.BEFORE_UPDATER) {
        term.apply(parameter, slope, 1, 0, 0);
      }
    }
  }
}
