package io.holdfast.train;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.factory.Nd4j;

/**
 * DL4J's ReLU with a backward pass of three vectorised operations; the native operation behind
 * DL4J's calls a function for every element.
 */
final class VectorisedRelu extends ActivationReLU {
  private static final long serialVersionUID = 1L;

  @Override
  public Pair<INDArray, INDArray> backprop(INDArray preActivation, INDArray epsilon) {
    assertShape(preActivation, epsilon);
    INDArray gradient = preActivation.ulike();
    Nd4j.getExecutioner().exec(new Step(preActivation, gradient, 0));
    // The last turns -0, a negative epsilon times 0, into DL4J's 0.
    gradient.muli(epsilon).addi(0);
    return new Pair<>(gradient, null);
  }
}
