package io.holdfast.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What an import does. Built with {@link #builder}.
 *
 * @param format what is read
 * @param input files of the training part; empty when only a test part is given
 * @param testInput files of the test part; empty when it is taken out of the training part
 * @param output directory of the new data set
 * @param overwrite whether an existing data set there is replaced
 * @param validation fraction of the training part that becomes the validation split, in [0, 1)
 * @param test fraction of the input that becomes the test split where no test input is given, in
 *     [0, 1)
 * @param seed decides, with the sample id, which samples go into which split
 * @param classes number of classes; found in the data when absent
 * @param classNames names of the classes in order; empty when unknown
 * @param allowEmptyClasses whether a class may have no training sample
 * @param unlabelled whether the input has no labels; all of it then becomes the test split
 * @param limitTrain how many samples of the training part are used, from its first
 * @param limitTest how many samples of the test part are used, from its first
 * @param labelNoise probability that a training label is redrawn over all classes, in [0, 1]
 * @param noiseSeed decides, with the sample id, which labels are redrawn and to what
 * @param csvHeader whether the first line of a CSV file names the columns
 * @param delimiter what stands between two cells of a CSV file
 * @param labelColumn name or 1-based number of the label column; null for the last one (CSV) or
 *     {@code label} (Parquet)
 * @param idColumn name or 1-based number of the column of sample ids; null for none (CSV) or {@code
 *     sample_id} where there is one (Parquet)
 * @param shape channels, height and width of the images of a Parquet table; empty for tabular data
 * @param resize width and height that images of a folder are scaled to; empty to keep their size
 * @param colour channels that images of a folder get
 * @param text how text is read
 */
public record ImportOptions(
    ImportFormat format,
    List<String> input,
    List<String> testInput,
    String output,
    boolean overwrite,
    double validation,
    double test,
    long seed,
    OptionalInt classes,
    List<String> classNames,
    boolean allowEmptyClasses,
    boolean unlabelled,
    OptionalLong limitTrain,
    OptionalLong limitTest,
    double labelNoise,
    long noiseSeed,
    CsvHeader csvHeader,
    char delimiter,
    String labelColumn,
    String idColumn,
    List<Integer> shape,
    List<Integer> resize,
    Colour colour,
    TextOptions text) {

  /** Fraction that becomes the test split unless another is asked for. */
  public static final double DEFAULT_TEST_FRACTION = 0.2;

  static final int MOST_CLASSES = 1 << 20;

  /** Checks the values. */
  public ImportOptions {
    input = List.copyOf(input);
    testInput = List.copyOf(testInput);
    classNames = List.copyOf(classNames);
    shape = List.copyOf(shape);
    resize = List.copyOf(resize);
    if (input.isEmpty() && testInput.isEmpty()) {
      throw BadInput.of("Nothing to import: expected --input, --test-input or both");
    }
    if (text.columns().isEmpty() != (format != ImportFormat.TEXT)) {
      throw BadInput.of(
          "Invalid --text-columns: %s, expected %s",
          text.columns(),
          format == ImportFormat.TEXT
              ? "names or 1-based numbers of columns"
              : "none with another format than text");
    }
    fraction("--validation", validation, validation < 1, "0 up to, but not, 1");
    fraction("--test", test, test < 1, "0 up to, but not, 1");
    fraction("--label-noise", labelNoise, labelNoise <= 1, "0 to 1");
    if (unlabelled && !testInput.isEmpty()) {
      throw BadInput.of(
          "Invalid --test-input: unlabelled input becomes the test split as a whole, use --input");
    }
    if (unlabelled && labelNoise > 0) {
      throw BadInput.of(
          "Invalid --label-noise: %s, there are no labels with --unlabelled", labelNoise);
    }
    if (classes.isPresent() && (classes.getAsInt() < 2 || classes.getAsInt() > MOST_CLASSES)) {
      throw BadInput.of(
          "Invalid --classes: %d, expected 2 to %d", classes.getAsInt(), MOST_CLASSES);
    }
    if (classes.isPresent() && !classNames.isEmpty() && classes.getAsInt() != classNames.size()) {
      throw BadInput.of(
          "Invalid --class-names: %d names, expected --classes %d",
          classNames.size(), classes.getAsInt());
    }
    if (!shape.isEmpty() && shape.size() != 3) {
      throw BadInput.of("Invalid --shape: %s, expected channels, height and width", shape);
    }
    if (!resize.isEmpty() && resize.size() != 2) {
      throw BadInput.of("Invalid --resize: %s, expected width and height", resize);
    }
    if (limitTrain.isPresent() && limitTrain.getAsLong() < 1) {
      throw BadInput.of("Invalid --limit-train: %d, expected at least 1", limitTrain.getAsLong());
    }
    if (limitTest.isPresent() && limitTest.getAsLong() < 1) {
      throw BadInput.of("Invalid --limit-test: %d, expected at least 1", limitTest.getAsLong());
    }
  }

  /**
   * Starts from the defaults.
   *
   * @param format what is read
   * @param input files of the training part
   * @param output directory of the new data set
   * @return a builder
   */
  public static Builder builder(ImportFormat format, List<String> input, String output) {
    return new Builder(format, input, output);
  }

  /** Option names of the command line with their values, those left out left out. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("format", format.name().toLowerCase(Locale.ROOT));
    map.put("input", input);
    map.put("test_input", testInput);
    map.put("validation", validation);
    map.put("test", test);
    map.put("seed", seed);
    classes.ifPresent(value -> map.put("classes", value));
    if (!classNames.isEmpty()) {
      map.put("class_names", classNames);
    }
    map.put("allow_empty_classes", allowEmptyClasses);
    map.put("unlabelled", unlabelled);
    limitTrain.ifPresent(value -> map.put("limit_train", value));
    limitTest.ifPresent(value -> map.put("limit_test", value));
    map.put("label_noise", labelNoise);
    map.put("noise_seed", noiseSeed);
    if (format == ImportFormat.CSV || format == ImportFormat.TEXT) {
      map.put("header", csvHeader.name().toLowerCase(Locale.ROOT));
      map.put("delimiter", String.valueOf(delimiter));
    }
    if (labelColumn != null) {
      map.put("label_column", labelColumn);
    }
    if (idColumn != null) {
      map.put("id_column", idColumn);
    }
    if (!shape.isEmpty()) {
      map.put("shape", shape);
    }
    if (!resize.isEmpty()) {
      map.put("resize", resize);
    }
    if (format == ImportFormat.IMAGES) {
      map.put("colour", colour.name().toLowerCase(Locale.ROOT));
    }
    if (format == ImportFormat.TEXT) {
      text.putInto(map);
    }
    return map;
  }

  private static void fraction(String option, double value, boolean belowEnd, String expected) {
    if (!(value >= 0 && belowEnd)) {
      throw BadInput.of("Invalid %s: %s, expected a fraction from %s", option, value, expected);
    }
  }

  /** Collects options; every method returns the builder. */
  public static final class Builder {
    private final ImportFormat format;
    private final List<String> input;
    private final String output;
    private List<String> testInput = List.of();
    private boolean overwrite;
    private double validation;
    private double test = DEFAULT_TEST_FRACTION;
    private long seed;
    private OptionalInt classes = OptionalInt.empty();
    private List<String> classNames = List.of();
    private boolean allowEmptyClasses;
    private boolean unlabelled;
    private OptionalLong limitTrain = OptionalLong.empty();
    private OptionalLong limitTest = OptionalLong.empty();
    private double labelNoise;
    private long noiseSeed;
    private CsvHeader csvHeader = CsvHeader.AUTO;
    private char delimiter = ',';
    private String labelColumn;
    private String idColumn;
    private List<Integer> shape = List.of();
    private List<Integer> resize = List.of();
    private Colour colour = Colour.RGB;
    private TextOptions text = TextOptions.DEFAULT;

    private Builder(ImportFormat format, List<String> input, String output) {
      this.format = format;
      this.input = input;
      this.output = output;
    }

    /**
     * See {@link ImportOptions#testInput}.
     *
     * @param testInput files of the test part
     * @return this builder
     */
    public Builder testInput(List<String> testInput) {
      this.testInput = testInput;
      return this;
    }

    /**
     * See {@link ImportOptions#overwrite}.
     *
     * @param overwrite whether an existing data set is replaced
     * @return this builder
     */
    public Builder overwrite(boolean overwrite) {
      this.overwrite = overwrite;
      return this;
    }

    /**
     * See {@link ImportOptions#validation}.
     *
     * @param validation fraction of the training part, in [0, 1)
     * @return this builder
     */
    public Builder validation(double validation) {
      this.validation = validation;
      return this;
    }

    /**
     * See {@link ImportOptions#test}.
     *
     * @param test fraction of the input, in [0, 1)
     * @return this builder
     */
    public Builder test(double test) {
      this.test = test;
      return this;
    }

    /**
     * See {@link ImportOptions#seed}.
     *
     * @param seed decides the splits
     * @return this builder
     */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /**
     * See {@link ImportOptions#classes}.
     *
     * @param classes number of classes
     * @return this builder
     */
    public Builder classes(int classes) {
      this.classes = OptionalInt.of(classes);
      return this;
    }

    /**
     * See {@link ImportOptions#classNames}.
     *
     * @param classNames names of the classes in order
     * @return this builder
     */
    public Builder classNames(List<String> classNames) {
      this.classNames = classNames;
      return this;
    }

    /**
     * See {@link ImportOptions#allowEmptyClasses}.
     *
     * @param allowEmptyClasses whether a class may have no training sample
     * @return this builder
     */
    public Builder allowEmptyClasses(boolean allowEmptyClasses) {
      this.allowEmptyClasses = allowEmptyClasses;
      return this;
    }

    /**
     * See {@link ImportOptions#unlabelled}.
     *
     * @param unlabelled whether the input has no labels
     * @return this builder
     */
    public Builder unlabelled(boolean unlabelled) {
      this.unlabelled = unlabelled;
      return this;
    }

    /**
     * See {@link ImportOptions#limitTrain}.
     *
     * @param limitTrain how many samples of the training part are used
     * @return this builder
     */
    public Builder limitTrain(long limitTrain) {
      this.limitTrain = OptionalLong.of(limitTrain);
      return this;
    }

    /**
     * See {@link ImportOptions#limitTest}.
     *
     * @param limitTest how many samples of the test part are used
     * @return this builder
     */
    public Builder limitTest(long limitTest) {
      this.limitTest = OptionalLong.of(limitTest);
      return this;
    }

    /**
     * See {@link ImportOptions#labelNoise}.
     *
     * @param labelNoise probability that a training label is redrawn, in [0, 1]
     * @return this builder
     */
    public Builder labelNoise(double labelNoise) {
      this.labelNoise = labelNoise;
      return this;
    }

    /**
     * See {@link ImportOptions#noiseSeed}.
     *
     * @param noiseSeed decides the noise
     * @return this builder
     */
    public Builder noiseSeed(long noiseSeed) {
      this.noiseSeed = noiseSeed;
      return this;
    }

    /**
     * See {@link ImportOptions#csvHeader}.
     *
     * @param csvHeader whether the first line names the columns
     * @return this builder
     */
    public Builder csvHeader(CsvHeader csvHeader) {
      this.csvHeader = csvHeader;
      return this;
    }

    /**
     * See {@link ImportOptions#delimiter}.
     *
     * @param delimiter what stands between two cells
     * @return this builder
     */
    public Builder delimiter(char delimiter) {
      this.delimiter = delimiter;
      return this;
    }

    /**
     * See {@link ImportOptions#labelColumn}.
     *
     * @param labelColumn name or 1-based number; null for the default
     * @return this builder
     */
    public Builder labelColumn(String labelColumn) {
      this.labelColumn = labelColumn;
      return this;
    }

    /**
     * See {@link ImportOptions#idColumn}.
     *
     * @param idColumn name or 1-based number; null for the default
     * @return this builder
     */
    public Builder idColumn(String idColumn) {
      this.idColumn = idColumn;
      return this;
    }

    /**
     * See {@link ImportOptions#shape}.
     *
     * @param shape channels, height, width of the images of a Parquet table
     * @return this builder
     */
    public Builder shape(List<Integer> shape) {
      this.shape = shape;
      return this;
    }

    /**
     * See {@link ImportOptions#resize}.
     *
     * @param resize width and height that images of a folder are scaled to
     * @return this builder
     */
    public Builder resize(List<Integer> resize) {
      this.resize = resize;
      return this;
    }

    /**
     * See {@link ImportOptions#colour}.
     *
     * @param colour channels that images of a folder get
     * @return this builder
     */
    public Builder colour(Colour colour) {
      this.colour = colour;
      return this;
    }

    /**
     * See {@link ImportOptions#text}.
     *
     * @param text how text is read
     * @return this builder
     */
    public Builder text(TextOptions text) {
      this.text = text;
      return this;
    }

    /**
     * Checks the values.
     *
     * @return the options
     */
    public ImportOptions build() {
      return new ImportOptions(
          format,
          input,
          testInput,
          output,
          overwrite,
          validation,
          test,
          seed,
          classes,
          classNames,
          allowEmptyClasses,
          unlabelled,
          limitTrain,
          limitTest,
          labelNoise,
          noiseSeed,
          csvHeader,
          delimiter,
          labelColumn,
          idColumn,
          shape,
          resize,
          colour,
          text);
    }
  }
}
