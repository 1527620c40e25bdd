package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lag;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.objects.StaticInvoke;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;
import scala.collection.JavaConverters;

/**
 * The training dynamics of a log as tables that Spark computes when they are asked for: nothing is
 * read before, and filters on run, split and phase reach the files. Definitions are those of {@code
 * docs/prediction-log.md} and of {@link AnalyzeJob}'s tables.
 *
 * <p>An incomplete log is refused while a table is computed: {@link HoldfastException} with {@link
 * ExitCode#BAD_LOG} where a sample that is looked at does not have exactly one row in each epoch of
 * its series, or two labels.
 */
public final class TrainingDynamics {
  private static final List<String> NAMES = List.of("run_id", "split", "phase");

  private final PredictionLog log;

  private TrainingDynamics(PredictionLog log) {
    this.log = log;
  }

  /**
   * The dynamics of an opened log.
   *
   * @param log the log
   * @return its tables
   */
  public static TrainingDynamics of(PredictionLog log) {
    return new TrainingDynamics(log);
  }

  /**
   * One row for each sample of each series.
   *
   * @return (run_id, split, phase STRING, sample_id BIGINT, label INT, epochs INT, first_learned
   *     INT, last_learned INT, forgetting_events INT, ever_correct BOOLEAN, final_correct BOOLEAN)
   */
  public Dataset<Row> sampleDynamics() {
    return log.named(
        histories()
            .select(
                col("series"),
                col("sample_id"),
                col("label"),
                col("epochs").cast("int").as("epochs"),
                ofHistory("firstLearned", DataTypes.IntegerType).as("first_learned"),
                ofHistory("lastLearned", DataTypes.IntegerType).as("last_learned"),
                ofHistory("forgettingEvents", DataTypes.IntegerType).as("forgetting_events"),
                ofHistory("everCorrect", DataTypes.BooleanType).as("ever_correct"),
                ofHistory("finalCorrect", DataTypes.BooleanType).as("final_correct")));
  }

  /**
   * One row for each epoch of each series.
   *
   * @return (run_id, split, phase STRING, epoch INT, samples BIGINT, labelled BIGINT, loss DOUBLE,
   *     accuracy DOUBLE, wrong BIGINT, wfs BIGINT, fe DOUBLE, rfe DOUBLE), see {@link EpochMetrics}
   */
  public Dataset<Row> epochMetrics() {
    Dataset<Row> counts =
        log.predictions()
            .groupBy("series", "epoch")
            .agg(
                count(lit(1)).as("samples"),
                count("correct").as("labelled"),
                ExactMean.of(col("loss")).as("loss"),
                count(when(col("correct"), 1)).as("right"));
    Dataset<Row> flips =
        histories()
            .select(
                col("series"),
                explode(
                        ofHistory(
                            "flippedEpochs",
                            DataTypes.createArrayType(DataTypes.IntegerType, false)))
                    .as("epoch"))
            .groupBy("series", "epoch")
            .agg(count(lit(1)).as("wfs"));
    Column wrong = col("labelled").minus(col("right"));
    Column wfs = coalesce(col("wfs"), lit(0L));
    return log.named(
        counts
            .join(flips, columns("series", "epoch"), "left")
            .select(
                col("series"),
                col("epoch").cast("int").as("epoch"),
                col("samples"),
                col("labelled"),
                col("loss"),
                ratio(col("right"), col("labelled")).as("accuracy"),
                wrong.as("wrong"),
                wfs.as("wfs"),
                ratio(wfs, col("labelled")).as("fe"),
                ratio(wfs, wrong).as("rfe")));
  }

  /**
   * One row for each learning and each forgetting event.
   *
   * @return (run_id, split, phase STRING, sample_id BIGINT, label INT, epoch INT, event STRING,
   *     predicted INT, previous_predicted INT); event is {@code learned} or {@code forgotten};
   *     previous_predicted is NULL where the first epoch with a verdict is right
   */
  public Dataset<Row> flipEvents() {
    Dataset<Row> checked =
        log.predictions()
            .join(histories().select("series", "sample_id"), columns("series", "sample_id"));
    WindowSpec bySample = Window.partitionBy("series", "sample_id").orderBy("epoch");
    Dataset<Row> changes =
        checked
            .filter(col("correct").isNotNull())
            .withColumn("before", coalesce(lag("correct", 1).over(bySample), lit(false)))
            .withColumn("previous_predicted", lag("predicted", 1).over(bySample))
            .filter(col("correct").notEqual(col("before")));
    return log.named(
        changes.select(
            col("series"),
            col("sample_id"),
            col("label"),
            col("epoch").cast("int").as("epoch"),
            when(col("correct"), "learned").otherwise("forgotten").as("event"),
            col("predicted"),
            col("previous_predicted")));
  }

  /**
   * How often each class was taken for each.
   *
   * @return (run_id, split, phase STRING, epoch INT, label INT, predicted INT, samples BIGINT,
   *     share DOUBLE), without pairs that do not occur; share is that of the label's samples, 0 to
   *     1
   */
  public Dataset<Row> classConfusion() {
    Dataset<Row> counts =
        log.predictions()
            .filter(col("label").isNotNull())
            .groupBy("series", "epoch", "label", "predicted")
            .agg(count(lit(1)).as("samples"));
    WindowSpec byLabel = Window.partitionBy("series", "epoch", "label");
    return log.named(
        counts.select(
            col("series"),
            col("epoch").cast("int").as("epoch"),
            col("label"),
            col("predicted"),
            col("samples"),
            ratio(col("samples"), sum("samples").over(byLabel)).as("share")));
  }

  /**
   * One row for each series.
   *
   * @return (run_id, split, phase STRING, samples BIGINT, epochs BIGINT, last_epoch INT, loss,
   *     accuracy, fe, rfe DOUBLE and wfs BIGINT of the last epoch, best_accuracy DOUBLE, best_epoch
   *     INT (the first with the highest accuracy), forgetting_events BIGINT, unforgettable BIGINT,
   *     never_learned BIGINT (numbers of events and of samples))
   */
  public Dataset<Row> runSummary() {
    Column[] names = NAMES.stream().map(org.apache.spark.sql.functions::col).toArray(Column[]::new);
    List<Column> ofEpochs = new ArrayList<>();
    ofEpochs.add(max("samples").as("samples"));
    ofEpochs.add(count(lit(1)).as("epochs"));
    ofEpochs.add(max("epoch").as("last_epoch"));
    for (String metric : List.of("loss", "accuracy", "fe", "rfe", "wfs")) {
      ofEpochs.add(expr("max_by(" + metric + ", epoch)").as(metric));
    }
    ofEpochs.add(max("accuracy").as("best_accuracy"));
    ofEpochs.add(
        expr("-max(case when accuracy is not null then struct(accuracy, -epoch) end).col2")
            .as("best_epoch"));
    Dataset<Row> epochs =
        epochMetrics()
            .groupBy(names)
            .agg(ofEpochs.get(0), ofEpochs.subList(1, ofEpochs.size()).toArray(Column[]::new));
    Dataset<Row> samples =
        sampleDynamics()
            .groupBy(names)
            .agg(
                sum("forgetting_events").as("forgetting_events"),
                count(when(col("ever_correct").and(col("forgetting_events").equalTo(0)), 1))
                    .as("unforgettable"),
                count(when(col("ever_correct").equalTo(false), 1)).as("never_learned"));
    return epochs.join(samples, columns(NAMES.toArray(String[]::new)));
  }

  /**
   * The similarity of classes by linear discriminant analysis of the logits; unlike the other
   * tables it is computed at once.
   *
   * @param options shrinkage, centring and directions
   * @return (run_id, split, phase STRING, epoch INT, class INT, other INT, similarity DOUBLE,
   *     unnormalized DOUBLE, cosine DOUBLE), see {@link
   *     io.holdfast.analysis.similarity.ClassSimilarity}
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the log has no logits, with
   *     {@link ExitCode#BAD_LOG} where logits and predictions do not fit together
   */
  public Dataset<Row> classSimilarity(SimilarityOptions options) {
    if (log.series().stream().noneMatch(log::hasVectors)) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "class_similarity: the log has no prediction_vectors, expected the logits of at least one"
              + " run");
    }
    Dataset<Row> rows = log.predictions();
    List<List<EpochCounts>> counts = new ArrayList<>();
    for (List<EpochCounts> own : LogRows.countEpochs(rows.sparkSession(), log)) {
      counts.add(log.hasVectors(log.series().get(counts.size())) ? own : List.of());
    }
    LoggedSimilarity similarity =
        LoggedSimilarity.of(
            rows.sparkSession(),
            log.vectors(),
            rows.groupBy("series", "sample_id").agg(max("label").as("label")),
            log.series(),
            counts,
            options);
    return log.named(similarity.table());
  }

  /**
   * The bitmaps of every sample, checked.
   *
   * @return (series, sample_id, label, epochs, history)
   */
  private Dataset<Row> histories() {
    Dataset<Row> words =
        log.predictions()
            .select(
                col("series"),
                col("sample_id"),
                expr("cast(shiftright(epoch - 1, 6) as int)").as("word"),
                expr("shiftleft(1L, cast((epoch - 1) & 63 as int))").as("bit"),
                col("label"),
                col("correct"))
            .groupBy("series", "sample_id", "word")
            .agg(
                expr("bit_or(bit)").as("present"),
                expr("bit_or(case when correct then bit else 0L end)").as("correct"),
                expr("bit_or(case when correct is not null then bit else 0L end)").as("judged"),
                count(lit(1)).as("rows"),
                min("label").as("lowest"),
                max("label").as("label"));
    Dataset<Row> samples =
        words
            .groupBy("series", "sample_id")
            .agg(
                min("lowest").as("lowest"),
                max("label").as("label"),
                sum("rows").as("rows"),
                sum(expr("bit_count(present)")).as("epochs"),
                array_sort(collect_list(struct("word", "correct", "judged"))).as("history"));
    return samples
        .join(broadcast(expectedEpochs()), columns("series"))
        .filter(
            call(
                "requireComplete",
                DataTypes.BooleanType,
                false,
                col("name"),
                coalesce(col("sample_id"), lit(0L)),
                col("rows"),
                col("epochs"),
                col("expected")))
        .filter(
            call(
                "requireOneLabel",
                DataTypes.BooleanType,
                false,
                col("name"),
                coalesce(col("sample_id"), lit(0L)),
                coalesce(col("lowest"), lit(-1)),
                coalesce(col("label"), lit(-1))))
        .select("series", "sample_id", "label", "epochs", "history");
  }

  /** How many epochs every sample of each series must have: (series, name, expected). */
  private Dataset<Row> expectedEpochs() {
    return log.predictions()
        .groupBy("series", "epoch")
        .agg(count(lit(1)).minus(count("sample_id")).as("unnamed"))
        .groupBy("series")
        .agg(
            sum("unnamed").as("unnamed"),
            count("epoch").as("expected"),
            min(coalesce(col("epoch"), lit(0L))).as("first"),
            max(coalesce(col("epoch"), lit(0L))).as("last"))
        .select(
            col("series"),
            log.lookUp(each -> lit(each.describe())).as("name"),
            col("unnamed"),
            col("expected"),
            col("first"),
            col("last"),
            log.lookUp(each -> lit(each.everyEpoch())).as("every"),
            log.lookUp(each -> lit((long) each.committedEpochs())).as("committed"))
        .filter(
            call(
                "requireEpochs",
                DataTypes.BooleanType,
                false,
                col("name"),
                col("unnamed"),
                col("expected"),
                col("first"),
                col("last"),
                col("every"),
                col("committed")))
        .select("series", "name", "expected");
  }

  private static Column ofHistory(String function, DataType type) {
    return new Column(
        invoke(LearningHistory.class, function, type, true, List.of(col("history").expr())));
  }

  private static Column call(
      String function, DataType type, boolean nullable, Column... arguments) {
    return new Column(
        invoke(
            TrainingDynamics.class,
            function,
            type,
            nullable,
            Arrays.stream(arguments).map(Column::expr).toList()));
  }

  private static Expression invoke(
      Class<?> in, String function, DataType type, boolean nullable, List<Expression> arguments) {
    return new StaticInvoke(
        in,
        type,
        function,
        JavaConverters.asScalaBuffer(arguments).toList(),
        JavaConverters.asScalaBuffer(List.<AbstractDataType>of()).toList(),
        true,
        nullable,
        true);
  }

  private static Column ratio(Column part, Column all) {
    return when(all.gt(0), part.cast("double").divide(all.cast("double")));
  }

  private static scala.collection.Seq<String> columns(String... names) {
    return JavaConverters.asScalaBuffer(List.of(names)).toList();
  }

  /**
   * Checks the epochs of one series; called from the code that Spark generates.
   *
   * @param name run, split and phase
   * @param unnamed number of rows without a sample id
   * @param found number of epochs found
   * @param first the first epoch found
   * @param last the last epoch found
   * @param every whether the epochs must be 1 to M
   * @param committed the last epoch that must be there
   * @return true
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where an epoch is missing or is none,
   *     or a sample id is NULL
   */
  public static boolean requireEpochs(
      UTF8String name,
      long unnamed,
      long found,
      long first,
      long last,
      boolean every,
      long committed) {
    if (unnamed > 0) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          name + ": sample_id is NULL in " + unnamed + " rows, expected a number");
    }
    if (first < 1 || last > EpochTally.MOST_EPOCHS) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          name
              + ": epochs from "
              + first
              + " to "
              + last
              + ", expected 1 to "
              + EpochTally.MOST_EPOCHS
              + (first == 0 ? " (of a log that counts from 0 say so: first epoch 0)" : ""));
    }
    if (every && found != Math.max(last, committed)) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          name
              + ": "
              + found
              + " epochs from "
              + first
              + " to "
              + last
              + ", expected every epoch from 1 to "
              + Math.max(last, committed));
    }
    return true;
  }

  /**
   * Checks the rows of one sample; called from the code that Spark generates.
   *
   * @param name run, split and phase
   * @param sampleId the sample
   * @param rows number of its rows
   * @param epochs number of different epochs among them
   * @param expected number of epochs of the series
   * @return true
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where a row is missing or double
   */
  public static boolean requireComplete(
      UTF8String name, long sampleId, long rows, long epochs, long expected) {
    if (rows != expected || epochs != expected) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          name
              + ": sample "
              + sampleId
              + " has "
              + rows
              + " rows in "
              + epochs
              + " epochs, expected one row in each of the "
              + expected
              + " epochs");
    }
    return true;
  }

  /**
   * Checks the labels of one sample; called from the code that Spark generates.
   *
   * @param name run, split and phase
   * @param sampleId the sample
   * @param lowest its lowest label
   * @param highest its highest label
   * @return true
   * @throws HoldfastException with {@link ExitCode#BAD_LOG} where they differ
   */
  public static boolean requireOneLabel(UTF8String name, long sampleId, int lowest, int highest) {
    if (lowest != highest) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          name
              + ": sample "
              + sampleId
              + " has the labels "
              + lowest
              + " and "
              + highest
              + ", expected the same in every epoch");
    }
    return true;
  }
}
