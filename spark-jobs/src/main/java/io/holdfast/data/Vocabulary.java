package io.holdfast.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;

/**
 * Turns texts into ids of words and word n-grams, as FastText does (Joulin et al., Bag of Tricks
 * for Efficient Text Classification, arXiv 1607.01759).
 *
 * <p>Id 0 stands for a text without any known word. The words have the ids from 1 on, the most
 * frequent first, equals by {@link String#compareTo}. An n-gram of two and more words has the id 1
 * + number of words + hash modulo the number of buckets. The hash is FastText's and has no seed:
 * that of a word is the 32-bit FNV-1a of its UTF-8 bytes taken as signed; that of an n-gram is,
 * modulo 2^64, {@code h = h * 116049371 + hash of the next word}, starting from the hash of the
 * first word, with 32-bit hashes extended as signed numbers and the remainder taken unsigned. Words
 * that the vocabulary lacks have no id of their own but count in n-grams. FastText's token for the
 * end of a line is left out.
 */
public final class Vocabulary implements Serializable {
  /** Name of the file beside {@code dataset.json}. */
  public static final String FILE = "vocabulary.json";

  private static final long serialVersionUID = 1L;
  private static final int FORMAT = 1;
  private static final int FNV_OFFSET = 0x811c9dc5;
  private static final int FNV_PRIME = 16777619;
  private static final long NGRAM_FACTOR = 116049371L;
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);

  private final String[] words;
  private final int wordNgrams;
  private final int buckets;
  private final HashMap<String, Integer> ids = new HashMap<>();

  /**
   * The contents of {@link #FILE}.
   *
   * @param format version of the layout
   * @param wordNgrams words of the longest n-gram
   * @param buckets that n-grams are hashed into
   * @param words in the order of their ids
   */
  private record Stored(
      @JsonProperty("format") int format,
      @JsonProperty("word_ngrams") int wordNgrams,
      @JsonProperty("buckets") int buckets,
      @JsonProperty("words") List<String> words) {}

  /**
   * @param words in the order of their ids
   * @param wordNgrams words of the longest n-gram, 1 or more
   * @param buckets that n-grams are hashed into, 1 or more
   */
  Vocabulary(List<String> words, int wordNgrams, int buckets) {
    this.words = words.toArray(String[]::new);
    this.wordNgrams = wordNgrams;
    this.buckets = buckets;
    for (int i = 0; i < this.words.length; i++) {
      ids.put(this.words[i], i + 1);
    }
  }

  /** The most frequent words of some texts; the same on any partitions. */
  static Vocabulary of(JavaRDD<String> texts, TextOptions options) {
    int minCount = options.minCount();
    List<Tuple2<String, Long>> most =
        texts
            .flatMap(text -> TextTokens.of(text).iterator())
            .mapToPair(word -> new Tuple2<>(word, 1L))
            .reduceByKey(Long::sum)
            .filter(word -> word._2() >= minCount)
            .map(word -> new Tuple2<>(word._1(), word._2()))
            .takeOrdered(options.vocabularySize(), new ByCount());
    if (most.isEmpty()) {
      throw BadInput.of(
          "Invalid --min-count: %d, expected a number that a word of the training split reaches",
          minCount);
    }
    return new Vocabulary(
        most.stream().map(Tuple2::_1).toList(), options.wordNgrams(), options.buckets());
  }

  /** The most frequent first, then by the word; serialisable. */
  private static final class ByCount implements Comparator<Tuple2<String, Long>>, Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public int compare(Tuple2<String, Long> a, Tuple2<String, Long> b) {
      int byCount = Long.compare(b._2(), a._2());
      return byCount != 0 ? byCount : a._1().compareTo(b._1());
    }
  }

  /**
   * Reads what {@link #toBytes} wrote.
   *
   * @param bytes content of the file
   * @param file its name, for messages
   * @return the vocabulary
   * @throws HoldfastException with exit code 3 on anything else
   */
  public static Vocabulary fromBytes(byte[] bytes, String file) {
    Stored stored;
    try {
      stored = JSON.readValue(bytes, Stored.class);
    } catch (JsonProcessingException e) {
      throw BadInput.of(e, "%s is no vocabulary: %s", file, e.getOriginalMessage());
    } catch (IOException e) {
      throw BadInput.unreadable(file, e);
    }
    if (stored.format() != FORMAT
        || stored.wordNgrams() < 1
        || stored.wordNgrams() > TextOptions.MOST_NGRAMS
        || stored.buckets() < 1
        || stored.buckets() > TextOptions.MOST_IDS) {
      throw BadInput.of(
          "%s: format %d, word_ngrams %d, buckets %d, expected format %d, 1 to %d and 1 to %d",
          file,
          stored.format(),
          stored.wordNgrams(),
          stored.buckets(),
          FORMAT,
          TextOptions.MOST_NGRAMS,
          TextOptions.MOST_IDS);
    }
    Set<String> words = new HashSet<>(stored.words());
    if (words.size() != stored.words().size()
        || words.contains(null)
        || words.size() > TextOptions.MOST_IDS) {
      throw BadInput.of(
          "%s: %d words, %d of them different, expected different words, at most %d",
          file, stored.words().size(), words.size(), TextOptions.MOST_IDS);
    }
    return new Vocabulary(stored.words(), stored.wordNgrams(), stored.buckets());
  }

  /**
   * The file that {@link #fromBytes} reads: JSON with {@code format}, {@code word_ngrams}, {@code
   * buckets} and {@code words} in the order of their ids.
   *
   * @return UTF-8
   */
  public byte[] toBytes() {
    try {
      String json =
          JSON.writeValueAsString(new Stored(FORMAT, wordNgrams, buckets, List.of(words)));
      return (json + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Strings and numbers can be written", e);
    }
  }

  /** What {@code dataset.json} says about it. */
  DatasetDescriptor.TextVocabulary describe() {
    return new DatasetDescriptor.TextVocabulary(
        words.length,
        wordNgrams,
        buckets,
        HexFormat.of().formatHex(BlockSummary.sha256().digest(toBytes())));
  }

  /**
   * Number of ids.
   *
   * @return 1 + number of words, + number of buckets where there are n-grams
   */
  public int size() {
    return 1 + words.length + (wordNgrams > 1 ? buckets : 0);
  }

  /**
   * Words of the longest n-gram.
   *
   * @return 1 where there are none but words
   */
  public int wordNgrams() {
    return wordNgrams;
  }

  /**
   * Ids of a text: its known words in order, then its n-grams by their first word, the shorter
   * first.
   *
   * @param text any text
   * @param mostWords how many of its words, known or not, are read
   * @return 1 to {@code mostWords * wordNgrams} ids below {@link #size}
   */
  public int[] ids(String text, int mostWords) {
    List<String> tokens = TextTokens.of(text);
    int count = Math.min(tokens.size(), mostWords);
    int[] found = new int[Math.max(1, count * wordNgrams)];
    int length = 0;
    for (String token : tokens.subList(0, count)) {
      Integer id = ids.get(token);
      if (id != null) {
        found[length++] = id;
      }
    }
    for (int first = 0; wordNgrams > 1 && first < count; first++) {
      long hash = hash(tokens.get(first));
      for (int next = first + 1; next < Math.min(count, first + wordNgrams); next++) {
        hash = hash * NGRAM_FACTOR + hash(tokens.get(next));
        found[length++] = 1 + words.length + (int) Long.remainderUnsigned(hash, buckets);
      }
    }
    return Arrays.copyOf(found, Math.max(1, length));
  }

  private static int hash(String word) {
    int hash = FNV_OFFSET;
    for (byte value : word.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ value) * FNV_PRIME;
    }
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Vocabulary that
        && Arrays.equals(words, that.words)
        && wordNgrams == that.wordNgrams
        && buckets == that.buckets;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words) * 31 + wordNgrams;
  }
}
