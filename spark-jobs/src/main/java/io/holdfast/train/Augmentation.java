package io.holdfast.train;

import java.io.Serializable;

/**
 * Random changes to training images; each is off at 0 or false.
 *
 * @param cropPadding pixels of black border added on each side before a random crop to the original
 *     size
 * @param flip mirror left and right with probability 1/2
 * @param rotation degrees; the image is turned by a uniform angle of at most this, to either side
 * @param cutOut edge in pixels of a square set to zero after scaling, centred uniformly in the
 *     image
 */
record Augmentation(int cropPadding, boolean flip, double rotation, int cutOut)
    implements Serializable {

  static final Augmentation NONE = new Augmentation(0, false, 0, 0);

  boolean active() {
    return cropPadding > 0 || flip || rotation > 0 || cutOut > 0;
  }
}
