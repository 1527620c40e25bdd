package io.holdfast.train;

import io.holdfast.data.Vocabulary;

/**
 * Ids of words and n-grams, one for every position; the positions after them are masked.
 *
 * @param vocabulary knows the ids
 * @param words how many words of a text are read
 */
record WordEncoder(Vocabulary vocabulary, int words) implements TextEncoder {

  private int positions() {
    return Math.multiplyExact(words, vocabulary.wordNgrams());
  }

  @Override
  public int[] shape() {
    return new int[] {vocabulary.size(), positions()};
  }

  @Override
  public int[] arrayShape() {
    return new int[] {positions()};
  }

  @Override
  public boolean masked() {
    return true;
  }

  @Override
  public int encode(String text, float[] values, int offset) {
    int[] ids = vocabulary.ids(text, words);
    for (int i = 0; i < ids.length; i++) {
      values[offset + i] = ids[i];
    }
    return ids.length;
  }
}
