package io.holdfast.train;

import io.holdfast.config.Config;
import io.holdfast.data.Vocabulary;
import io.holdfast.model.TextNetworks;
import java.io.Serializable;
import java.util.function.Supplier;

/** How a text becomes the input of a network. */
sealed interface TextEncoder extends Serializable permits WordEncoder, CharacterEncoder {

  /**
   * The encoder of the configured network.
   *
   * @param vocabulary asked where words are read
   * @return null for networks that are not fed texts
   */
  static TextEncoder of(Config config, Supplier<Vocabulary> vocabulary) {
    TextNetworks.Unit unit = TextNetworks.unit(config).orElse(null);
    if (unit == null) {
      return null;
    }
    int length = TextNetworks.length(config);
    return switch (unit) {
      case WORD -> new WordEncoder(vocabulary.get(), length);
      case CHARACTER -> new CharacterEncoder(length);
    };
  }

  /** {@code [symbols, length]}: what a position may hold, and how many positions there are. */
  int[] shape();

  /** Shape of the array of one text in a minibatch. */
  int[] arrayShape();

  /** Whether positions beyond the text have to be masked. */
  boolean masked();

  /**
   * Writes the array of a text into values that are 0.
   *
   * @return how many positions the text takes
   */
  int encode(String text, float[] values, int offset);
}
