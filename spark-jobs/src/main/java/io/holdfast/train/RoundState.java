package io.holdfast.train;

import java.io.Serializable;

/**
 * What every shard starts a round from. Travels as raw bytes: Java's serialisation of a float array
 * takes every element by itself.
 *
 * @param parameters of the network, flattened in DL4J's order
 * @param updater state of the optimiser, flattened in DL4J's order; empty for plain SGD
 * @param shared the method's state that is not per sample, flattened; empty where it has none
 * @param teacher parameters of the network that gives soft targets; empty where there is none
 * @param peerParameters of the second of two networks that teach each other; empty where there is
 *     none
 * @param peerUpdater updater state of that network; empty where there is none
 */
record RoundState(
    float[] parameters,
    float[] updater,
    double[] shared,
    float[] teacher,
    float[] peerParameters,
    float[] peerUpdater)
    implements Serializable {
  private static final float[] NO_FLOATS = {};
  private static final double[] NO_DOUBLES = {};

  /** The state of a network that is trained without a method of its own. */
  static RoundState of(float[] parameters, float[] updater) {
    return new RoundState(parameters, updater, NO_DOUBLES, NO_FLOATS, NO_FLOATS, NO_FLOATS);
  }

  /** What evaluation needs. */
  RoundState parametersOnly() {
    return of(parameters, NO_FLOATS);
  }

  RoundState withShared(double[] values) {
    return new RoundState(parameters, updater, values, teacher, peerParameters, peerUpdater);
  }

  RoundState withTeacher(float[] values) {
    return new RoundState(parameters, updater, shared, values, peerParameters, peerUpdater);
  }

  /** The second network as one that is trained by itself. */
  RoundState peer() {
    return of(peerParameters, peerUpdater);
  }

  RoundState withPeer(RoundState peer) {
    return new RoundState(parameters, updater, shared, teacher, peer.parameters(), peer.updater());
  }

  private record Bytes(
      byte[] parameters,
      byte[] updater,
      byte[] shared,
      byte[] teacher,
      byte[] peerParameters,
      byte[] peerUpdater)
      implements Serializable {

    private Object readResolve() {
      return new RoundState(
          LittleEndian.floats(parameters),
          LittleEndian.floats(updater),
          LittleEndian.doubles(shared),
          LittleEndian.floats(teacher),
          LittleEndian.floats(peerParameters),
          LittleEndian.floats(peerUpdater));
    }
  }

  private Object writeReplace() {
    return new Bytes(
        LittleEndian.bytes(parameters),
        LittleEndian.bytes(updater),
        LittleEndian.bytes(shared),
        LittleEndian.bytes(teacher),
        LittleEndian.bytes(peerParameters),
        LittleEndian.bytes(peerUpdater));
  }
}
