/** Adversarial attacks on the inputs of a classifier, over any source of input gradients. */
package io.holdfast.attack;
