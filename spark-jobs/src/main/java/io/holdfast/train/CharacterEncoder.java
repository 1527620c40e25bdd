package io.holdfast.train;

import java.util.Arrays;
import java.util.Locale;

/**
 * One-hot characters as in Zhang, Zhao and LeCun (Character-level Convolutional Networks for Text
 * Classification, NIPS 2015, section 2.2): lower case, from the last character of the text
 * backwards; characters outside the alphabet, blanks among them, are columns of zeros. The paper
 * counts 70 characters and lists the hyphen twice; its first row stays 0.
 *
 * @param length how many characters from the end of a text are read
 */
record CharacterEncoder(int length) implements TextEncoder {
  private static final String ALPHABET =
      "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/\\|_@#$%^&*~`+-=<>()[]{}\n";

  private static final int[] ROWS = rows();

  private static int[] rows() {
    int[] rows = new int[128];
    Arrays.fill(rows, -1);
    for (int row = 0; row < ALPHABET.length(); row++) {
      rows[ALPHABET.charAt(row)] = row;
    }
    return rows;
  }

  @Override
  public int[] shape() {
    return new int[] {ALPHABET.length(), length};
  }

  @Override
  public int[] arrayShape() {
    return new int[] {ALPHABET.length(), 1, length};
  }

  @Override
  public boolean masked() {
    return false;
  }

  @Override
  public int encode(String text, float[] values, int offset) {
    String lower = text.toLowerCase(Locale.ROOT);
    int count = Math.min(length, lower.length());
    for (int position = 0; position < count; position++) {
      char character = lower.charAt(lower.length() - 1 - position);
      int row = character < ROWS.length ? ROWS[character] : -1;
      if (row >= 0) {
        values[offset + row * length + position] = 1f;
      }
    }
    return count;
  }
}
