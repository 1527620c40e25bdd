/** The adapter that lets a DL4J output layer train with any {@link io.holdfast.method.Method}. */
package io.holdfast.loss;
