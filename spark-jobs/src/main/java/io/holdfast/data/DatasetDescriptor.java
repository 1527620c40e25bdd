package io.holdfast.data;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What a sample table says about itself in {@code dataset.json}.
 *
 * @param format version of the layout, see {@link #FORMAT}
 * @param kind what a sample is
 * @param classes number of classes; 0 when nothing is labelled
 * @param classNames names of the classes in order; empty when unknown
 * @param shape {@code [channels, height, width]} of an image, {@code [features]} of a tabular
 *     sample, empty of a text
 * @param splits by split name, in the order train, validation, test; splits without samples are
 *     absent
 * @param mean of the training split; per channel, of pixels / 255 (images), or per feature; empty
 *     without training split, and of texts
 * @param deviation population standard deviation of the same; 1 where it would be 0
 * @param fingerprint SHA-256 (hex) of kind, shape and, split by split in the order of sample ids,
 *     of every sample's id, label and content; does not depend on partitions or the machine
 * @param vocabulary of the training split's texts; null for other kinds and without training split
 * @param labelNoise what was done to the training labels; null for nothing
 * @param imbalance what was done to the sizes of the training classes; null for nothing
 * @param seed decided the splits
 * @param importOptions how the table was made, option by option
 */
public record DatasetDescriptor(
    @JsonProperty("format") int format,
    @JsonProperty("kind") Kind kind,
    @JsonProperty("classes") int classes,
    @JsonProperty("class_names") List<String> classNames,
    @JsonProperty("shape") List<Integer> shape,
    @JsonProperty("splits") Map<String, SplitSummary> splits,
    @JsonProperty("mean") List<Double> mean,
    @JsonProperty("deviation") List<Double> deviation,
    @JsonProperty("fingerprint") String fingerprint,
    @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("vocabulary")
        TextVocabulary vocabulary,
    @JsonProperty("label_noise") LabelNoise labelNoise,
    @JsonProperty("imbalance") Imbalance imbalance,
    @JsonProperty("seed") long seed,
    @JsonProperty("import_options") Map<String, Object> importOptions) {

  /** The version of the layout that this code writes and the newest that it reads. */
  public static final int FORMAT = 1;

  /** What a sample is. */
  public enum Kind {
    /** A vector of numbers. */
    @JsonProperty("tabular")
    TABULAR,
    /** Pixels, one byte each, channel by channel and row by row. */
    @JsonProperty("image")
    IMAGE,
    /** A text. */
    @JsonProperty("text")
    TEXT
  }

  /**
   * Size of one split.
   *
   * @param samples number of samples
   * @param perClass number of samples of every class, {@code [classes]}, by the label that training
   *     sees
   * @param unlabelled number of samples without label
   * @param fingerprint SHA-256 (hex) of this split alone
   */
  public record SplitSummary(
      @JsonProperty("samples") long samples,
      @JsonProperty("per_class") List<Long> perClass,
      @JsonProperty("unlabelled") long unlabelled,
      @JsonProperty("fingerprint") String fingerprint)
      implements Serializable {}

  /**
   * The {@link Vocabulary} in the file {@value Vocabulary#FILE} beside {@code dataset.json}.
   *
   * @param words number of words
   * @param wordNgrams words of the longest n-gram
   * @param buckets that n-grams are hashed into
   * @param sha256 SHA-256 (hex) of the file
   */
  public record TextVocabulary(
      @JsonProperty("words") int words,
      @JsonProperty("word_ngrams") int wordNgrams,
      @JsonProperty("buckets") int buckets,
      @JsonProperty("sha256") String sha256)
      implements Serializable {}

  /**
   * Label noise in the training split. What a file leaves out is that of {@code holdfast import
   * --label-noise}: symmetric, the true class included, independent draws.
   *
   * @param kind what a noisy label became
   * @param rate share of the labels that were drawn
   * @param includeTrueClass whether a draw could give the true class
   * @param draws how it was decided which labels were drawn
   * @param seed decided the draws, with the sample id
   * @param partners of pair-swap noise, {@code [classes]}: the partner of every class, or the class
   *     itself where it has none; empty otherwise
   * @param flipRate fraction of the labels that changed
   * @param transitions {@code [classes, classes]} counts; rows = true class, columns = label that
   *     training sees
   */
  public record LabelNoise(
      @JsonProperty("kind") NoiseKind kind,
      @JsonProperty("rate") double rate,
      @JsonProperty("include_true_class") Boolean includeTrueClass,
      @JsonProperty("draws") NoiseDraws draws,
      @JsonProperty("seed") long seed,
      @JsonProperty("partners") List<Integer> partners,
      @JsonProperty("flip_rate") double flipRate,
      @JsonProperty("transitions") List<List<Long>> transitions)
      implements Serializable {

    /** Completes what is left out. */
    public LabelNoise {
      kind = kind == null ? NoiseKind.SYMMETRIC : kind;
      includeTrueClass = includeTrueClass == null || includeTrueClass;
      draws = draws == null ? NoiseDraws.INDEPENDENT : draws;
      partners = partners == null ? List.of() : partners;
    }
  }

  /**
   * An exponential long tail: class c of K has at most n_max factor^(-c/(K-1)) training samples.
   *
   * @param factor size of the largest class over that of the smallest, 1 or more
   * @param seed decided, with the sample id, which samples are left
   * @param removed number of training samples of every class that were left out, {@code [classes]}
   */
  public record Imbalance(
      @JsonProperty("factor") double factor,
      @JsonProperty("seed") long seed,
      @JsonProperty("removed") List<Long> removed)
      implements Serializable {}

  /**
   * Number of values that a network gets per sample.
   *
   * @return the product of the shape
   */
  @JsonIgnore
  public int inputSize() {
    return shape.stream().reduce(1, Math::multiplyExact);
  }

  /**
   * A class as it is told to a user.
   *
   * @param label the class, 0..classes-1
   * @return its number and, where known, its name
   */
  public String describeClass(int label) {
    return classNames.isEmpty() ? "" + label : label + " " + classNames.get(label);
  }

  /**
   * Number of samples in a split.
   *
   * @param split name of the split
   * @return 0 when there is no such split
   */
  public long samples(String split) {
    SplitSummary summary = splits.get(split);
    return summary == null ? 0 : summary.samples();
  }
}
