package io.holdfast.train;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * What a network is fed of a minibatch.
 *
 * @param features {@code [batch, shape of a sample]}
 * @param mask {@code [batch, length]}, 1 where a position counts; null where all do
 */
record BatchInput(INDArray features, INDArray mask) {

  DataSet with(INDArray targets) {
    return new DataSet(features, targets, mask, null);
  }

  INDArray output(ComputationGraph network, boolean training) {
    return mask == null
        ? network.output(training, features)[0]
        : network.output(training, new INDArray[] {features}, new INDArray[] {mask})[0];
  }
}
