package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.lit;

import io.holdfast.analysis.dynamics.AnalysisManifest.Analysed;
import io.holdfast.analysis.reading.EpochTable;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Writes the tables of a new generation: those of samples from the samples, those of single epochs
 * from new epochs and the rows that the generation before has of the others.
 */
final class ResultWriter {
  private static final String EPOCH_METRICS = "epoch_metrics";
  private static final String EPOCH_METRICS_JSON = "epoch_metrics.json";
  private static final String SAMPLE_DYNAMICS = "sample_dynamics";
  private static final String FLIPPED_SAMPLES = "flipped_samples";
  private static final String CLASS_SIMILARITY = "class_similarity";

  private static final StructType NAMES =
      StructType.fromDDL("run_id string, split string, phase string");
  private static final StructType METRICS =
      StructType.fromDDL(
          "run_id string, split string, phase string, epoch int, samples bigint, labelled bigint, "
              + "loss double, accuracy double, wrong bigint, wfs bigint, fe double, rfe double");
  private static final StructType FLIPPED =
      StructType.fromDDL(
          "sample_id bigint, label int, selected_epoch int, predicted int, first_learned int, "
              + "last_correct int");
  private static final StructType SIMILARITY =
      StructType.fromDDL(
          "epoch int, class int, other int, similarity double, unnormalized double, "
              + "cosine double");

  private final SparkSession spark;
  private final PredictionLog log;
  private final IncrementalPlan plan;
  private final Generations generations;
  private final Dataset<Row> samples;
  private final List<List<EpochCounts>> counts;
  private final int[] selected;

  ResultWriter(
      SparkSession spark,
      PredictionLog log,
      IncrementalPlan plan,
      Generations generations,
      Dataset<Row> samples,
      List<List<EpochCounts>> counts,
      int[] selected) {
    this.spark = spark;
    this.log = log;
    this.plan = plan;
    this.generations = generations;
    this.samples = samples;
    this.counts = counts;
    this.selected = selected;
  }

  /** The tables and files that every analysis writes, in this order. */
  static List<String> names() {
    List<String> names =
        new ArrayList<>(
            List.of(
                EPOCH_METRICS,
                EPOCH_METRICS_JSON,
                SAMPLE_DYNAMICS,
                FLIPPED_SAMPLES,
                CLASS_SIMILARITY));
    EpochTables.all().forEach(table -> names.add(table.name()));
    return names;
  }

  /**
   * Writes.
   *
   * @param metrics what {@code epoch_metrics} says
   * @param notes is added to
   * @return for each series the epochs without class similarity, and why
   */
  Map<Integer, Map<Integer, String>> write(
      List<EpochMetrics> metrics, SimilarityOptions options, List<String> notes) {
    noteRunsWithoutVectors(notes);
    noteFirstEpochs(notes);
    generations.table(EPOCH_METRICS, metricsTable(metrics));
    generations.json(EPOCH_METRICS_JSON, metrics);
    generations.table(SAMPLE_DYNAMICS, dynamics());
    generations.table(FLIPPED_SAMPLES, flipped());
    Map<Integer, Map<Integer, String>> withoutSimilarity = similarity(options);
    noteWithoutSimilarity(withoutSimilarity, notes);
    for (EpochTable table : EpochTables.all()) {
      generations.table(table.name(), epochs(table));
    }
    return withoutSimilarity;
  }

  private void noteRunsWithoutVectors(List<String> notes) {
    List<String> with =
        log.series().stream().filter(log::hasVectors).map(Series::runId).distinct().toList();
    List<String> without =
        log.series().stream()
            .filter(each -> each.reported() && !with.contains(each.runId()))
            .map(Series::runId)
            .distinct()
            .toList();
    if (!without.isEmpty()) {
      notes.add(
          "No class similarity without prediction_vectors: " + String.join(", ", without) + ".");
    }
  }

  /** Nothing can have flipped in the first of the epochs: its zeros are no merit. */
  private void noteFirstEpochs(List<String> notes) {
    List<String> first =
        log.series().stream()
            .filter(Series::reported)
            .filter(each -> counts.get(each.index()).get(0).epoch() == selected[each.index()])
            .map(each -> each.runId() + " " + each.split() + " " + each.phase())
            .toList();
    if (!first.isEmpty()) {
      notes.add(
          "No flips can be seen, FE, RFE and WFS are 0, where no epoch was logged before the"
              + " selected one: "
              + String.join(", ", first)
              + ".");
    }
  }

  private void noteWithoutSimilarity(
      Map<Integer, Map<Integer, String>> withoutSimilarity, List<String> notes) {
    withoutSimilarity.forEach(
        (series, epochs) ->
            notes.add(
                "No class similarity in "
                    + epochs.size()
                    + " epochs of "
                    + log.series().get(series).describe()
                    + ": "
                    + epochs.values().iterator().next()
                    + "."));
  }

  private Dataset<Row> metricsTable(List<EpochMetrics> metrics) {
    List<Row> rows =
        metrics.stream()
            .map(
                m ->
                    RowFactory.create(
                        m.runId(),
                        m.split(),
                        m.phase(),
                        m.epoch(),
                        m.samples(),
                        m.labelled(),
                        m.loss(),
                        m.accuracy(),
                        m.wrong(),
                        m.wfs(),
                        m.fe(),
                        m.rfe()))
            .toList();
    return spark.createDataFrame(rows, METRICS).coalesce(1);
  }

  private Dataset<Row> dynamics() {
    return reported(samples.drop("predicted", "last_correct", "flipped"))
        .sortWithinPartitions("run_id", "split", "phase", "sample_id");
  }

  /** The samples that are wrong in the selected epoch and were right in an earlier one. */
  private Dataset<Row> flipped() {
    Predicate<Series> keeps = each -> isFlippedKnown(each);
    Dataset<Row> flipped =
        samples
            .filter(col("flipped"))
            .filter(log.lookUp(each -> lit(each.reported() && !keeps.test(each))))
            .withColumn("selected_epoch", log.lookUp(each -> lit(selected[each.index()])));
    Dataset<Row> fresh =
        reported(predictedInSelected(flipped, keeps).select("series", FLIPPED.fieldNames()));
    return kept(FLIPPED_SAMPLES, FLIPPED, keeps)
        .unionByName(fresh)
        .orderBy("run_id", "split", "phase", "sample_id");
  }

  private boolean isFlippedKnown(Series series) {
    Analysed known = plan.known(series);
    return known != null
        && known.names().reported()
        && known.selected() == selected[series.index()];
  }

  /** Adds the predictions of selected epochs that are not the last, which no block knows. */
  private Dataset<Row> predictedInSelected(Dataset<Row> flipped, Predicate<Series> keeps) {
    PredictionLog earlier =
        log.restricted(
            file -> {
              Series series = log.series().get(file.series());
              List<EpochCounts> own = counts.get(series.index());
              return !file.vectors()
                  && series.reported()
                  && !keeps.test(series)
                  && own.get(own.size() - 1).epoch() != selected[series.index()];
            });
    if (earlier.files().isEmpty()) {
      return flipped;
    }
    Dataset<Row> predictions =
        earlier
            .ofEpoch(each -> selected[each.index()])
            .predictions()
            .filter(col("epoch").equalTo(log.lookUp(each -> lit(selected[each.index()]))))
            .select(col("series").as("of"), col("sample_id").as("id"), col("predicted").as("then"));
    return flipped
        .join(
            predictions,
            col("series").equalTo(col("of")).and(col("sample_id").equalTo(col("id"))),
            "left")
        .withColumn("predicted", coalesce(col("predicted"), col("then")));
  }

  private Map<Integer, Map<Integer, String>> similarity(SimilarityOptions options) {
    PredictionLog unread = plan.unreadEpochs();
    Map<Integer, Map<Integer, String>> missing = new TreeMap<>();
    for (Series each : log.series()) {
      if (each.reported() && plan.keepsEpochs(each)) {
        Map<Integer, String> known = plan.known(each).withoutSimilarity();
        if (!known.isEmpty()) {
          missing.put(each.index(), new TreeMap<>(known));
        }
      }
    }
    List<List<EpochCounts>> expected = unreadCounts();
    if (expected.stream().allMatch(List::isEmpty)
        && unread.files().stream().noneMatch(file -> file.vectors())) {
      generations.table(
          CLASS_SIMILARITY, ordered(kept(CLASS_SIMILARITY, SIMILARITY, plan::keepsEpochs)));
      return missing;
    }
    LoggedSimilarity similarity =
        LoggedSimilarity.of(spark, unread.vectors(), samples, log.series(), expected, options);
    try {
      Dataset<Row> fresh = reported(similarity.table());
      generations.table(
          CLASS_SIMILARITY,
          ordered(kept(CLASS_SIMILARITY, SIMILARITY, plan::keepsEpochs).unionByName(fresh)));
      similarity
          .missing()
          .forEach(
              (series, epochs) ->
                  missing.computeIfAbsent(series, index -> new TreeMap<>()).putAll(epochs));
      return missing;
    } finally {
      similarity.release();
    }
  }

  /** For series with vectors the counts of the epochs that class similarity lacks. */
  private List<List<EpochCounts>> unreadCounts() {
    List<List<EpochCounts>> unread = new ArrayList<>();
    for (Series each : log.series()) {
      List<EpochCounts> own = counts.get(each.index());
      int last = plan.keepsEpochs(each) ? plan.known(each).lastEpoch() : 0;
      boolean wanted = each.reported() && log.hasVectors(each);
      unread.add(own.stream().filter(count -> wanted && count.epoch() > last).toList());
    }
    return unread;
  }

  private Dataset<Row> epochs(EpochTable table) {
    StructType own =
        new StructType(Arrays.copyOfRange(table.schema().fields(), 1, table.schema().size()));
    return ordered(
        kept(table.name(), own, plan::keepsEpochs)
            .unionByName(reported(table.rows(plan.unreadEpochs()))));
  }

  /** Rows that the generation before has of some series. */
  private Dataset<Row> kept(String table, StructType columns, Predicate<Series> keeps) {
    StructType schema = NAMES;
    for (StructField field : columns.fields()) {
      schema = schema.add(field);
    }
    Object[] names =
        log.series().stream()
            .filter(Series::reported)
            .filter(keeps)
            .map(each -> each.runId() + "/" + each.split() + "/" + each.phase())
            .toArray();
    if (names.length == 0) {
      return spark.createDataFrame(List.of(), schema);
    }
    return spark
        .read()
        .schema(schema)
        .parquet(generations.newestTable(table).toString())
        .filter(concat_ws("/", col("run_id"), col("split"), col("phase")).isin(names));
  }

  private static Dataset<Row> ordered(Dataset<Row> rows) {
    return rows.orderBy(
        Arrays.stream(rows.schema().fields())
            .filter(field -> !(field.dataType() instanceof MapType))
            .filter(field -> !field.dataType().equals(DataTypes.BinaryType))
            .map(field -> col(field.name()))
            .toArray(Column[]::new));
  }

  private Dataset<Row> reported(Dataset<Row> rows) {
    return log.named(rows.filter(log.lookUp(each -> lit(each.reported()))));
  }
}
