package io.holdfast.train;

import java.io.Serializable;
import org.deeplearning4j.nn.api.NeuralNetwork;

/**
 * What a training slot is made for.
 *
 * @param <B> what the slot keeps beside the network between rounds, such as the arrays of its
 *     minibatches
 */
interface SlotSpec<B> extends Serializable {

  /**
   * Identifies network and buffers on an executor: slots are reused between rounds with equal keys.
   */
  String key();

  /**
   * Native environment and Java of the driver; an executor that has another one would compute other
   * bytes, and refuses.
   */
  String nativeEnvironment();

  /** The network, initialised; its weights do not matter. Called on the slot's thread. */
  NeuralNetwork newNetwork();

  /** The buffers. Called on the slot's thread. */
  B newBuffers();
}
