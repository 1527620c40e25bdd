package io.holdfast.data;

import java.util.List;
import java.util.Map;

/**
 * How {@link ImportFormat#TEXT} is read.
 *
 * @param columns names or 1-based numbers of the columns whose cells, joined by a blank, are the
 *     text; empty for the other formats
 * @param vocabularySize the most words that the vocabulary has, 1 to 4,194,304
 * @param minCount how often a word of the vocabulary occurs at least in the training split, 1 or
 *     more
 * @param wordNgrams how many words the longest n-gram has, 1 (words alone) to 5
 * @param buckets that n-grams of two and more words are hashed into, 1 to 4,194,304
 * @param firstLabel what the label column holds for class 0, 0 or more
 */
public record TextOptions(
    List<String> columns,
    int vocabularySize,
    int minCount,
    int wordNgrams,
    int buckets,
    int firstLabel) {

  /** The options of an import that reads no text. */
  public static final TextOptions DEFAULT = new TextOptions(List.of(), 20_000, 1, 1, 100_000, 0);

  /** Keeps the sum of words and buckets exact in single precision. */
  static final int MOST_IDS = 1 << 22;

  static final int MOST_NGRAMS = 5;

  /** Checks the values. */
  public TextOptions {
    columns = List.copyOf(columns);
    within("--vocabulary-size", vocabularySize, 1, MOST_IDS);
    within("--min-count", minCount, 1, Integer.MAX_VALUE);
    within("--word-ngrams", wordNgrams, 1, MOST_NGRAMS);
    within("--buckets", buckets, 1, MOST_IDS);
    within("--first-label", firstLabel, 0, ImportOptions.MOST_CLASSES);
  }

  private static void within(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw BadInput.of("Invalid %s: %d, expected %d to %d", option, value, least, most);
    }
  }

  /** Adds option names of the command line with their values. */
  void putInto(Map<String, Object> map) {
    map.put("text_columns", columns);
    map.put("vocabulary_size", vocabularySize);
    map.put("min_count", minCount);
    map.put("word_ngrams", wordNgrams);
    map.put("buckets", buckets);
    map.put("first_label", firstLabel);
  }
}
