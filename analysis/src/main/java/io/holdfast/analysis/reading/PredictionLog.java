package io.holdfast.analysis.reading;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
  private final LogCatalogue catalogue;
  private final Map<String, List<LogCatalogue.DataFile>> predictions;
  private final Map<String, List<LogCatalogue.DataFile>> vectors;

  private PredictionLog(SparkSession spark, LogFilter filter, LogCatalogue catalogue) {
    this.spark = spark;
    this.filter = filter;
    this.catalogue = catalogue;
    this.predictions = ParquetColumns.checkPredictions(spark, catalogue.predictions());
    this.vectors = ParquetColumns.checkVectors(spark, catalogue.vectors());
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
    return new PredictionLog(
        spark, filter, LogCatalogue.read(spark.sessionState().newHadoopConf(), root, filter));
  }

  /**
   * Every (run, split, phase), in this order.
   *
   * @return at least one; each with its place in the list as {@link Series#index}
   */
  public List<Series> series() {
    return List.copyOf(catalogue.series());
  }

  /**
   * What was left out and why.
   *
   * @return sentences
   */
  public List<String> notes() {
    return List.copyOf(catalogue.notes());
  }

  /**
   * The rows of {@code predictions}.
   *
   * @return (series INT, sample_id BIGINT, epoch BIGINT, label INT, predicted INT, correct BOOLEAN,
   *     loss DOUBLE, p_true DOUBLE, p_pred DOUBLE, margin DOUBLE, true_label INT); what the writer
   *     left out is NULL, but {@code correct}, which is then whether label and prediction agree
   */
  public Dataset<Row> predictions() {
    return predictions(predictions);
  }

  /**
   * The rows of one series.
   *
   * @param one one of {@link #series}
   * @return columns as in {@link #predictions()}
   */
  public Dataset<Row> predictions(Series one) {
    Map<String, List<LogCatalogue.DataFile>> own = new LinkedHashMap<>();
    predictions.forEach(
        (schema, all) -> {
          List<LogCatalogue.DataFile> some =
              all.stream().filter(file -> file.series() == one.index()).toList();
          if (!some.isEmpty()) {
            own.put(schema, some);
          }
        });
    return predictions(own);
  }

  private Dataset<Row> predictions(Map<String, List<LogCatalogue.DataFile>> filesBySchema) {
    return union(
        filesBySchema,
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
    return catalogue.vectors().stream().anyMatch(file -> file.series() == one.index());
  }

  /**
   * The rows of {@code prediction_vectors}.
   *
   * @return (series INT, sample_id BIGINT, epoch BIGINT, logits ARRAY of DOUBLE); empty where no
   *     series has any
   */
  public Dataset<Row> vectors() {
    if (vectors.isEmpty()) {
      return spark
          .range(0)
          .selectExpr(
              "cast(id as int) as series",
              "id as sample_id",
              "id as epoch",
              "cast(array() as array<double>) as logits");
    }
    return union(
        vectors,
        table ->
            new Column[] {
              col("series"),
              col("sample_id").cast("bigint").as("sample_id"),
              epoch(),
              col("logits").cast("array<double>").as("logits")
            });
  }

  /**
   * The files that hold the rows.
   *
   * @param one one of {@link #series}
   * @param table {@link LogRoot#PREDICTIONS} or {@link LogRoot#PREDICTION_VECTORS}
   * @return its files in the order of their names; those of a series that was compacted as a whole
   *     all have {@link StoredFile#compacted}, in the order of their samples
   */
  public List<StoredFile> files(Series one, String table) {
    return filesOf(one, table).stream()
        .map(
            file ->
                new StoredFile(
                    file.path(),
                    file.status().getPath().toString(),
                    file.status().getLen(),
                    file.status().getModificationTime(),
                    file.compacted()))
        .toList();
  }

  /**
   * The rows as their writer stored them: every column, also those that this log's contract does
   * not know, under the name and type that it has in the files. Where files differ, the wider of
   * two integer types or of FLOAT and DOUBLE is taken, and what a file lacks is NULL.
   *
   * @param one one of {@link #series}
   * @param table {@link LogRoot#PREDICTIONS} or {@link LogRoot#PREDICTION_VECTORS}
   * @return the rows of all epochs, with the writer's numbers
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where files contradict each other
   */
  public Dataset<Row> stored(Series one, String table) {
    return StoredColumns.table(spark, filesOf(one, table));
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
  public static Dataset<Row> table(
      SparkSession spark, StructType columns, List<FileStatus> files) {
    return ListedFiles.table(
            spark,
            columns,
            files.stream()
                .map(
                    status ->
                        new LogCatalogue.DataFile(0, status, status.getPath().getName(), null))
                .toList())
        .drop("series");
  }

  private List<LogCatalogue.DataFile> filesOf(Series one, String table) {
    List<LogCatalogue.DataFile> all =
        table.equals(LogRoot.PREDICTIONS) ? catalogue.predictions() : catalogue.vectors();
    return all.stream().filter(file -> file.series() == one.index()).toList();
  }

  private Dataset<Row> union(
      Map<String, List<LogCatalogue.DataFile>> filesBySchema,
      Function<Dataset<Row>, Column[]> columns) {
    Dataset<Row> all = null;
    for (Map.Entry<String, List<LogCatalogue.DataFile>> entry : filesBySchema.entrySet()) {
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
        array(catalogue.series().stream().map(literal).toArray(Column[]::new)),
        col("series").plus(1));
  }
}
