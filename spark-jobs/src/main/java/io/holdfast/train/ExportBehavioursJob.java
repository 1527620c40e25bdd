package io.holdfast.train;

import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.data.NewOutput;
import io.holdfast.method.SampleState;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Writes the behaviour stores of committed epochs as one Parquet table {@code behaviours}: run_id
 * STRING, epoch INT, sample_id BIGINT, and a column for every field of the method's per-sample
 * state, FLOAT or array of FLOAT. One file per shard, ordered by sample and epoch, so that the
 * history of a sample stands together.
 */
public final class ExportBehavioursJob {
  private final SparkSession spark;
  private final ExportOptions options;
  private final Configuration conf;

  /**
   * @param spark the session to export on
   * @param options what to export
   */
  public ExportBehavioursJob(SparkSession spark, ExportOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  /** One shard of the store at the end of one epoch. */
  private record StoredShard(int epoch, LoggedFile file) implements Serializable {}

  /**
   * Writes the table.
   *
   * @return what was written
   * @throws HoldfastException with the exit code that says what kind of failure it was; no part of
   *     a table remains then
   */
  public ExportedBehaviours execute() {
    LogRoot root = new LogRoot(options.out());
    CommittedRun run = CommittedRun.open(conf, root, options.runId());
    SampleState state = run.sampleState();
    List<Integer> epochs = run.epochs(options.epoch());
    try (NewOutput output =
        NewOutput.prepare(NewOutput.Kind.TABLE, options.target(), options.overwrite(), conf)) {
      Dataset<Row> table =
          spark.createDataFrame(
              rows(root, histories(run, epochs), state.fields(), run.storeForm()),
              schema(state.fields()));
      String pending = output.pending().toString();
      table.sortWithinPartitions("sample_id", "epoch").write().parquet(pending);
      long rows = spark.read().schema(table.schema()).parquet(pending).count();
      output.publish();
      return new ExportedBehaviours(
          options.runId(), epochs, options.target(), List.of(table.columns()), rows);
    }
  }

  private static List<List<StoredShard>> histories(CommittedRun run, List<Integer> epochs) {
    List<List<StoredShard>> histories = new ArrayList<>();
    IntStream.range(0, run.shards()).forEach(shard -> histories.add(new ArrayList<>()));
    for (int epoch : epochs) {
      List<LoggedFile> files = run.behaviourFiles(epoch);
      for (int shard = 0; shard < files.size(); shard++) {
        histories.get(shard).add(new StoredShard(epoch, files.get(shard)));
      }
    }
    return histories;
  }

  private JavaRDD<Row> rows(
      LogRoot root,
      List<List<StoredShard>> histories,
      List<SampleState.Field> fields,
      StoreForm form) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(conf));
    String runId = options.runId();
    int[] lengths = fields.stream().mapToInt(SampleState.Field::length).toArray();
    return context
        .parallelize(histories, histories.size())
        .flatMap(List::iterator)
        .flatMap(
            stored ->
                rows(
                    runId,
                    stored.epoch(),
                    BehaviourStore.read(hadoop.value().value(), root, form, stored.file()),
                    lengths));
  }

  private static Iterator<Row> rows(String runId, int epoch, BehaviourShard shard, int[] lengths) {
    return IntStream.range(0, shard.ids().length)
        .mapToObj(
            position -> {
              List<Object> row = new ArrayList<>(List.of(runId, epoch, shard.ids()[position]));
              float[] values = shard.row(position);
              int from = 0;
              for (int length : lengths) {
                row.add(
                    length == 1
                        ? (Object) values[from]
                        : Arrays.copyOfRange(values, from, from + length));
                from += length;
              }
              return RowFactory.create(row.toArray());
            })
        .iterator();
  }

  private static StructType schema(List<SampleState.Field> fields) {
    StructType schema =
        new StructType()
            .add("run_id", DataTypes.StringType, false)
            .add("epoch", DataTypes.IntegerType, false)
            .add("sample_id", DataTypes.LongType, false);
    for (SampleState.Field field : fields) {
      schema =
          schema.add(
              field.name(),
              field.length() == 1
                  ? DataTypes.FloatType
                  : DataTypes.createArrayType(DataTypes.FloatType, false),
              false);
    }
    return schema;
  }
}
