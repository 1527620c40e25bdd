package io.holdfast.train;

import java.io.Serializable;

/**
 * What every shard starts a round from.
 *
 * @param parameters of the network, flattened in DL4J's order
 * @param updater state of the optimiser, flattened in DL4J's order; empty for plain SGD
 * @param shared the method's state that is not per sample, flattened
 */
record RoundState(float[] parameters, float[] updater, double[] shared) implements Serializable {}
