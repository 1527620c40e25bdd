package io.holdfast.cli;

import io.holdfast.data.TextOptions;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of {@code holdfast import} for texts. */
final class TextImportOptions {
  @Option(
      names = "--text-columns",
      split = ",",
      paramLabel = "COLUMN",
      description =
          "Text: names or 1-based numbers of the columns that make it, joined by a blank.")
  private List<String> columns = new ArrayList<>();

  @Option(
      names = "--vocabulary-size",
      paramLabel = "N",
      description =
          "Text: most frequent words of the training split that get an id. Default: 20000")
  private int vocabularySize = TextOptions.DEFAULT.vocabularySize();

  @Option(
      names = "--min-count",
      paramLabel = "N",
      description = "Text: how often such a word occurs at least. Default: 1")
  private int minCount = TextOptions.DEFAULT.minCount();

  @Option(
      names = "--word-ngrams",
      paramLabel = "N",
      description = "Text: longest sequence of words that gets an id. Default: 1")
  private int wordNgrams = TextOptions.DEFAULT.wordNgrams();

  @Option(
      names = "--buckets",
      paramLabel = "N",
      description =
          "Text: ids that sequences of two and more words are hashed into. Default: 100000")
  private int buckets = TextOptions.DEFAULT.buckets();

  @Option(
      names = "--first-label",
      paramLabel = "N",
      description = "Text: what the label column holds for class 0. Default: 0")
  private int firstLabel = TextOptions.DEFAULT.firstLabel();

  TextOptions options() {
    return new TextOptions(columns, vocabularySize, minCount, wordNgrams, buckets, firstLabel);
  }
}
