package io.holdfast.train;

import java.io.Serializable;

/**
 * What every shard starts a round from. Travels as raw bytes: Java's serialisation of a float array
 * takes every element by itself.
 *
 * @param parameters of the network, flattened in DL4J's order
 * @param updater state of the optimiser, flattened in DL4J's order; empty for plain SGD
 * @param shared the method's state that is not per sample, flattened
 */
record RoundState(float[] parameters, float[] updater, double[] shared) implements Serializable {

  private record Bytes(byte[] parameters, byte[] updater, byte[] shared) implements Serializable {

    private Object readResolve() {
      return new RoundState(
          LittleEndian.floats(parameters),
          LittleEndian.floats(updater),
          LittleEndian.doubles(shared));
    }
  }

  private Object writeReplace() {
    return new Bytes(
        LittleEndian.bytes(parameters), LittleEndian.bytes(updater), LittleEndian.bytes(shared));
  }
}
