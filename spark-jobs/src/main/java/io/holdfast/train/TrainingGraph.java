package io.holdfast.train;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** A graph that does not spend time on the regularisation term of a score that nobody reads. */
final class TrainingGraph extends ComputationGraph {
  private static final long serialVersionUID = 1L;

  TrainingGraph(ComputationGraphConfiguration configuration) {
    super(configuration);
  }

  @Override
  public void init() {
    super.init();
    setUpdater(new BatchNormDecayUpdater(this));
  }

  @Override
  public double calcRegularizationScore(boolean backpropParamsOnly) {
    return 0;
  }
}
