package io.holdfast.analysis.reading;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * An opened prediction log. The files that count are listed and their columns checked once, when it
 * is opened; rows are read by Spark when asked for, in one shape whatever integers and floats their
 * writer chose. What rows say is not checked here.
 */
public final class PredictionLog {
  private final SparkSession spark;
  private final LogFilter filter;
  private final List<Series> series;
  private final List<String> notes;
  private final List<LogFile> files;
  private List<LogFileSummary> predictionSummaries;
  private List<LogFileSummary> vectorSummaries;

  private PredictionLog(
      SparkSession spark,
      LogFilter filter,
      List<Series> series,
      List<String> notes,
      List<LogFile> files) {
    this.spark = spark;
    this.filter = filter;
    this.series = List.copyOf(series);
    this.notes = List.copyOf(notes);
    this.files = List.copyOf(files);
  }

  /**
   * Lists the files of a log and checks their columns.
   *
   * @param spark the session that reads
   * @param root the log
   * @param filter which part of it
   * @return the log
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the log or a run is unknown,
   *     with {@link ExitCode#BAD_LOG} where the log is empty or its files are not as they must be
   */
  public static PredictionLog open(SparkSession spark, LogRoot root, LogFilter filter) {
    PredictionLog log = list(spark, root, filter);
    log.summaries();
    return log;
  }

  /**
   * Lists the files of a log; their columns are checked when something of them is first asked for.
   *
   * @param spark the session that reads
   * @param root the log
   * @param filter which part of it
   * @return the log
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the log or a run is unknown,
   *     with {@link ExitCode#BAD_LOG} where the log is empty or its files do not lie as they must
   */
  public static PredictionLog list(SparkSession spark, LogRoot root, LogFilter filter) {
    LogCatalogue catalogue = LogCatalogue.read(spark.sessionState().newHadoopConf(), root, filter);
    List<LogFile> files = new ArrayList<>(catalogue.predictions());
    files.addAll(catalogue.vectors());
    return new PredictionLog(spark, filter, catalogue.series(), catalogue.notes(), files);
  }

  /**
   * A part of this log.
   *
   * @param wanted which files it has
   * @return a log with the same series, of which some may have no rows
   */
  public PredictionLog restricted(Predicate<LogFile> wanted) {
    return new PredictionLog(spark, filter, series, notes, files.stream().filter(wanted).toList());
  }

  /**
   * The part of this log that may hold rows of one epoch of each series, as far as the footers
   * tell.
   *
   * @param epochs gives the epoch of a series, from 1; 0 where none of it is wanted
   * @return a log with the same series, in whose files rows of other epochs may stand, too
   */
  public PredictionLog ofEpoch(ToIntFunction<Series> epochs) {
    Set<LogFile> wanted = new HashSet<>();
    for (LogFileSummary summary : summaries()) {
      int epoch = epochs.applyAsInt(series.get(summary.file().series()));
      if (summary.lowestEpoch() == null
          || (summary.lowestEpoch() <= epoch && epoch <= summary.highestEpoch())) {
        wanted.add(summary.file());
      }
    }
    PredictionLog part = restricted(wanted::contains);
    part.predictionSummaries = ofFiles(wanted, ofPredictions());
    part.vectorSummaries = ofFiles(wanted, ofVectors());
    return part;
  }

  private static List<LogFileSummary> ofFiles(Set<LogFile> files, List<LogFileSummary> summaries) {
    return summaries.stream().filter(summary -> files.contains(summary.file())).toList();
  }

  /**
   * Which part of the log was opened.
   *
   * @return the filter
   */
  public LogFilter filter() {
    return filter;
  }

  /**
   * The files that count, by series.
   *
   * @return those of {@code predictions}, then those of {@code prediction_vectors}
   */
  public List<LogFile> files() {
    return files;
  }

  /**
   * What the footers of the files say.
   *
   * @return in the order of {@link #files}
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where a file is not as it must be
   */
  public List<LogFileSummary> summaries() {
    List<LogFileSummary> all = new ArrayList<>(ofPredictions());
    all.addAll(ofVectors());
    return all;
  }

  private synchronized List<LogFileSummary> ofPredictions() {
    if (predictionSummaries == null) {
      predictionSummaries =
          ParquetColumns.checkPredictions(
              spark, files.stream().filter(file -> !file.vectors()).toList(), filter.firstEpoch());
    }
    return predictionSummaries;
  }

  private synchronized List<LogFileSummary> ofVectors() {
    if (vectorSummaries == null) {
      vectorSummaries =
          ParquetColumns.checkVectors(
              spark, files.stream().filter(LogFile::vectors).toList(), filter.firstEpoch());
    }
    return vectorSummaries;
  }

  private static Map<String, List<LogFile>> byColumns(List<LogFileSummary> summaries) {
    Map<String, List<LogFile>> files = new LinkedHashMap<>();
    for (LogFileSummary summary : summaries) {
      files.computeIfAbsent(summary.columns(), columns -> new ArrayList<>()).add(summary.file());
    }
    return files;
  }

  /**
   * Every run that a log has data of, whether or not any of it counts.
   *
   * @param conf names the file systems
   * @param root the log
   * @return run ids, ascending
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the log is unknown, with {@link
   *     ExitCode#BAD_LOG} where it is empty or a directory's name is none
   */
  public static List<String> runIds(Configuration conf, LogRoot root) {
    return LogCatalogue.runIds(conf, root);
  }

  /**
   * Every (run, split, phase), in this order.
   *
   * @return at least one; each with its place in the list as {@link Series#index}
   */
  public List<Series> series() {
    return series;
  }

  /**
   * What was left out and why.
   *
   * @return sentences
   */
  public List<String> notes() {
    return notes;
  }

  /**
   * The rows of {@code predictions}.
   *
   * @return (series INT, sample_id BIGINT, epoch BIGINT, label INT, predicted INT, correct BOOLEAN,
   *     loss DOUBLE, p_true DOUBLE, p_pred DOUBLE, margin DOUBLE, true_label INT); what the writer
   *     left out is NULL, but {@code correct}, which is then whether label and prediction agree
   */
  public Dataset<Row> predictions() {
    return predictions(ofPredictions());
  }

  /**
   * The rows of one series.
   *
   * @param one one of {@link #series}
   * @return columns as in {@link #predictions()}
   */
  public Dataset<Row> predictions(Series one) {
    return predictions(
        ofPredictions().stream()
            .filter(summary -> summary.file().series() == one.index())
            .toList());
  }

  private Dataset<Row> predictions(List<LogFileSummary> summaries) {
    return union(
        summaries,
        "sample_id bigint, epoch int, label int, predicted int, correct boolean, loss double",
        table ->
            new Column[] {
              col("series"),
              col("sample_id").cast("bigint").as("sample_id"),
              epoch(),
              col("label").cast("int").as("label"),
              col("predicted").cast("int").as("predicted"),
              coalesce(col("correct"), col("label").equalTo(col("predicted"))).as("correct"),
              col("loss").cast("double").as("loss"),
              optional(table, "p_true", "double"),
              optional(table, "p_pred", "double"),
              optional(table, "margin", "double"),
              optional(table, "true_label", "int")
            });
  }

  /**
   * Whether logits were logged.
   *
   * @param one one of {@link #series}
   * @return whether {@link #vectors} may have rows of it
   */
  public boolean hasVectors(Series one) {
    return files.stream().anyMatch(file -> file.vectors() && file.series() == one.index());
  }

  /**
   * The rows of {@code prediction_vectors}.
   *
   * @return (series INT, sample_id BIGINT, epoch BIGINT, logits ARRAY of DOUBLE); empty where no
   *     series has any
   */
  public Dataset<Row> vectors() {
    return union(
        ofVectors(),
        "sample_id bigint, epoch int, logits array<double>",
        table ->
            new Column[] {
              col("series"),
              col("sample_id").cast("bigint").as("sample_id"),
              epoch(),
              col("logits").cast("array<double>").as("logits")
            });
  }

  /**
   * The rows as their writer stored them: every column, also those that this log's contract does
   * not know, under the name and type that it has in the files. Where files differ, the wider of
   * two integer types or of FLOAT and DOUBLE is taken, and what a file lacks is NULL.
   *
   * @param some files of this log, all of {@code predictions} or all of {@code prediction_vectors},
   *     at least one
   * @return the rows of all epochs, with the writer's numbers
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where files contradict each other
   */
  public Dataset<Row> stored(List<LogFile> some) {
    return StoredColumns.table(spark, some);
  }

  /**
   * Exactly these Parquet files as a table, also pending ones, without columns from their
   * directories' names.
   *
   * @param spark the session that reads
   * @param columns the columns to read
   * @param files the files
   * @return their rows
   */
  public static Dataset<Row> table(SparkSession spark, StructType columns, List<FileStatus> files) {
    return ListedFiles.table(
            spark,
            columns,
            files.stream()
                .map(status -> new LogFile(0, false, status.getPath().getName(), status, null))
                .toList())
        .drop("series");
  }

  private Dataset<Row> union(
      List<LogFileSummary> summaries,
      String columnsOfNone,
      Function<Dataset<Row>, Column[]> columns) {
    Map<String, List<LogFile>> filesByColumns = byColumns(summaries);
    if (filesByColumns.isEmpty()) {
      filesByColumns = Map.of(columnsOfNone, List.of());
    }
    Dataset<Row> all = null;
    for (Map.Entry<String, List<LogFile>> entry : filesByColumns.entrySet()) {
      Dataset<Row> table =
          ListedFiles.table(spark, StructType.fromDDL(entry.getKey()), entry.getValue());
      Dataset<Row> some = table.select(columns.apply(table));
      all = all == null ? some : all.unionAll(some);
    }
    return filter.asOf() == null ? all : all.filter(col("epoch").leq(filter.asOf()));
  }

  private Column epoch() {
    Column logged = col("epoch").cast("bigint");
    return (filter.firstEpoch() == 1 ? logged : logged.plus(1L)).as("epoch");
  }

  private static Column optional(Dataset<Row> table, String column, String type) {
    boolean written = Arrays.asList(table.columns()).contains(column);
    return (written ? col(column) : lit(null)).cast(type).as(column);
  }

  /**
   * Puts names in the place of {@code series}.
   *
   * @param rows rows with a column {@code series}
   * @return the same rows with run_id, split and phase (STRING) first, without {@code series}
   */
  public Dataset<Row> named(Dataset<Row> rows) {
    Column[] columns = new Column[rows.columns().length + 2];
    columns[0] = lookUp(each -> lit(each.runId())).as("run_id");
    columns[1] = lookUp(each -> lit(each.split())).as("split");
    columns[2] = lookUp(each -> lit(each.phase())).as("phase");
    int next = 3;
    for (String column : rows.columns()) {
      if (!column.equals("series")) {
        columns[next++] = col(column);
      }
    }
    return rows.select(columns);
  }

  /**
   * A column that depends on a row's {@code series}.
   *
   * @param literal the value of each series
   * @return the column, for rows with a column {@code series}
   */
  public Column lookUp(Function<Series, Column> literal) {
    return element_at(
        array(series.stream().map(literal).toArray(Column[]::new)), col("series").plus(1));
  }
}
