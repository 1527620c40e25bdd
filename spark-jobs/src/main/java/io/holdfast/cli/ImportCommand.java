package io.holdfast.cli;

import io.holdfast.analysis.cli.CommandLines;
import io.holdfast.data.Colour;
import io.holdfast.data.CsvHeader;
import io.holdfast.data.ImportFormat;
import io.holdfast.data.ImportJob;
import io.holdfast.data.ImportOptions;
import io.holdfast.data.ImportResult;
import io.holdfast.runtime.SparkSessions;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code holdfast import}. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    description = {
      "Reads labelled (or, for scoring, unlabelled) samples and writes a sample table:",
      "DIR/dataset.json and DIR/samples/split=train|validation|test/*.parquet.",
      "Files may lie on any Hadoop file system; gzip is read directly.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  holdfast import --format csv --input conf/data/digits.csv --validation 0.1 --output digits",
      "  holdfast import --format idx --input fashion-mnist --limit-train 10000 --label-noise 0.6 \\",
      "      --noise-seed 1 --output fashion-noisy",
      "  holdfast import --format idx --input train-images.gz train-labels.gz \\",
      "      --test-input t10k-images.gz t10k-labels.gz --output fashion",
      "  holdfast import --format cifar --input cifar-10-batches-bin --output cifar10",
      "  holdfast import --format images --input photos --resize 64x64 --test 0.1 --output photos64",
      "  holdfast import --format text --input train.csv --test-input test.csv --text-columns 2,3 \\",
      "      --label-column 1 --first-label 1 --word-ngrams 2 --output news",
      "  holdfast import --format csv --input new.csv --unlabelled --output to-score",
      "",
      "Exit status: 0 done, 2 usage, 3 bad input, 5 output exists, 6 cluster or I/O failure."
    })
final class ImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--format", required = true, description = "${COMPLETION-CANDIDATES}")
  private ImportFormat format;

  @Option(
      names = "--input",
      arity = "1..*",
      paramLabel = "PATH",
      description =
          "Files or directories of the training part. IDX: images file and labels file, or a directory.")
  private List<String> input = new ArrayList<>();

  @Option(
      names = "--test-input",
      arity = "1..*",
      paramLabel = "PATH",
      description = "The same of the test part. Without --input, only a test split is made.")
  private List<String> testInput = new ArrayList<>();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "The new data set.")
  private String output;

  @Option(names = "--overwrite", description = "Replace the data set that is there.")
  private boolean overwrite;

  @Option(
      names = "--validation",
      paramLabel = "FRACTION",
      description = "Share of the training part that becomes the validation split. Default: 0")
  private double validation;

  @Option(
      names = "--test",
      paramLabel = "FRACTION",
      description =
          "Share of the input that becomes the test split when there is no test input. Default: 0.2")
  private double test = ImportOptions.DEFAULT_TEST_FRACTION;

  @Option(names = "--seed", paramLabel = "N", description = "Decides the splits. Default: 0")
  private long seed;

  @Option(
      names = "--classes",
      paramLabel = "K",
      description = "Labels are 0..K-1. Default: the largest label + 1")
  private Integer classes;

  @Option(
      names = "--class-names",
      split = ",",
      paramLabel = "NAME",
      description = "Names of the classes 0, 1, ...; CSV and text may use them as labels.")
  private List<String> classNames = new ArrayList<>();

  @Option(names = "--allow-empty-classes", description = "Let a class have no training sample.")
  private boolean allowEmptyClasses;

  @Option(
      names = "--unlabelled",
      description = "There are no labels; everything becomes the test split.")
  private boolean unlabelled;

  @Option(
      names = "--limit-train",
      paramLabel = "N",
      description = "Use the first N of the training part.")
  private Long limitTrain;

  @Option(
      names = "--limit-test",
      paramLabel = "N",
      description = "Use the first N of the test part.")
  private Long limitTest;

  @Option(
      names = "--label-noise",
      paramLabel = "RATE",
      description = "Redraw this share of the training labels over all classes. Default: 0")
  private double labelNoise;

  @Option(
      names = "--noise-seed",
      paramLabel = "N",
      description = "Decides the label noise. Default: 0")
  private long noiseSeed;

  @Option(
      names = "--header",
      description = "CSV, text: ${COMPLETION-CANDIDATES}. Default: auto (no cell is a number)")
  private CsvHeader header = CsvHeader.AUTO;

  @Option(
      names = "--delimiter",
      paramLabel = "CHAR",
      description = "CSV, text: default is a comma.")
  private String delimiter = ",";

  @Option(
      names = "--label-column",
      paramLabel = "COLUMN",
      description =
          "CSV, text: name or 1-based number, default the last. Parquet: name, default 'label'.")
  private String labelColumn;

  @Option(
      names = "--id-column",
      paramLabel = "COLUMN",
      description =
          "Sample ids. CSV, text: name or number, default none. Parquet: default 'sample_id' if there is one.")
  private String idColumn;

  @Option(
      names = "--shape",
      paramLabel = "CxHxW",
      description = "Parquet: shape of the images in the column 'image'.")
  private String shape;

  @Option(
      names = "--resize",
      paramLabel = "WxH",
      description = "Images: scale to this width and height.")
  private String resize;

  @Option(names = "--colour", description = "Images: ${COMPLETION-CANDIDATES}. Default: rgb")
  private Colour colour = Colour.RGB;

  @Mixin private TextImportOptions text = new TextImportOptions();

  @Option(names = "--json", paramLabel = "FILE", description = "Write the result here, too.")
  private String json;

  @Override
  public Integer call() {
    ImportOptions options = options();
    SparkSession spark = SparkSessions.open("holdfast import");
    ImportResult result = new ImportJob(spark, options).execute();
    CommandLines.writeJson(json, result, spark.sparkContext().hadoopConfiguration());
    PrintWriter out = spec.commandLine().getOut();
    ImportTable.print(result, out);
    out.flush();
    return 0;
  }

  private ImportOptions options() {
    ImportOptions.Builder builder =
        ImportOptions.builder(format, input, output)
            .testInput(testInput)
            .overwrite(overwrite)
            .validation(validation)
            .test(test)
            .seed(seed)
            .classNames(classNames)
            .allowEmptyClasses(allowEmptyClasses)
            .unlabelled(unlabelled)
            .labelNoise(labelNoise)
            .noiseSeed(noiseSeed)
            .csvHeader(header)
            .delimiter(delimiter())
            .labelColumn(labelColumn)
            .idColumn(idColumn)
            .shape(sizes("--shape", shape, 3))
            .resize(sizes("--resize", resize, 2))
            .colour(colour)
            .text(text.options());
    if (classes != null) {
      builder.classes(classes);
    }
    if (limitTrain != null) {
      builder.limitTrain(limitTrain);
    }
    if (limitTest != null) {
      builder.limitTest(limitTest);
    }
    return builder.build();
  }

  private char delimiter() {
    String text = delimiter.equals("\\t") ? "\t" : delimiter;
    if (text.length() != 1) {
      throw usage("Invalid --delimiter: '" + delimiter + "', expected one character or \\t");
    }
    return text.charAt(0);
  }

  private List<Integer> sizes(String option, String given, int count) {
    if (given == null) {
      return List.of();
    }
    if (!given.matches("[1-9][0-9]{0,4}(x[1-9][0-9]{0,4}){" + (count - 1) + "}")) {
      throw usage(
          "Invalid "
              + option
              + ": '"
              + given
              + "', expected "
              + count
              + " sizes such as "
              + (count == 3 ? "3x32x32" : "32x32"));
    }
    List<Integer> sizes = new ArrayList<>();
    for (String size : given.split("x")) {
      sizes.add(Integer.valueOf(size));
    }
    return sizes;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
