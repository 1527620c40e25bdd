package io.holdfast.analysis.dynamics;

import static org.apache.spark.sql.functions.col;

import io.holdfast.analysis.reading.ColumnBatches;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecificInternalRow;
import org.apache.spark.sql.types.StructType;

/**
 * One pass over the rows of a log: the blocks of its samples (see {@link BlockTable}), those of a
 * sample of a series one after the other, and on the way what epochs and samples add up to.
 *
 * <p>Sums exist once an action has read every block.
 */
final class DynamicsScan {
  private final SparkSession spark;
  private final int series;
  private final List<PartitionResults<ScanTally>> tallies = new ArrayList<>();
  private final List<PartitionResults<SampleTotals>> totals = new ArrayList<>();
  private JavaRDD<InternalRow> blocks;

  private DynamicsScan(SparkSession spark, int series) {
    this.spark = spark;
    this.series = series;
  }

  /**
   * Prepares the pass.
   *
   * @param log the rows to read
   * @param detailed whether probabilities, margins and predictions are read, too
   * @param trustOrder whether files may be taken for sorted; see {@link #disordered}
   * @param earlier blocks of samples that the log adds epochs to; null for none
   * @param extended the numbers of the series of these samples
   * @param kept blocks of samples that the log adds nothing to; null for none
   */
  static DynamicsScan of(
      SparkSession spark,
      PredictionLog log,
      boolean detailed,
      boolean trustOrder,
      JavaRDD<InternalRow> earlier,
      Set<Integer> extended,
      JavaRDD<InternalRow> kept) {
    DynamicsScan scan = new DynamicsScan(spark, log.series().size());
    LogFilter filter = log.filter();
    int lastEpoch = filter.asOf() == null ? Integer.MAX_VALUE : filter.asOf();
    JavaRDD<InternalRow> finished = kept;
    JavaRDD<InternalRow> parts = earlier;
    int parallelism = spark.sparkContext().defaultParallelism();
    for (ScanPlan.Tasks tasks :
        ScanPlan.of(
            log, detailed, series -> trustOrder && !extended.contains(series), parallelism)) {
      JavaRDD<InternalRow> read = scan.read(tasks, filter.firstEpoch(), lastEpoch);
      if (tasks.sorted()) {
        finished = finished == null ? read : finished.union(read);
      } else {
        parts = parts == null ? read : parts.union(read);
      }
    }
    JavaRDD<InternalRow> all = parts == null ? null : scan.merged(parts);
    if (finished != null) {
      all = all == null ? finished : all.union(finished);
    }
    scan.blocks = scan.counted(all == null ? scan.none() : all);
    return scan;
  }

  /**
   * Only adds up epochs.
   *
   * @param log the rows to read
   */
  static ScanTally count(SparkSession spark, PredictionLog log) {
    DynamicsScan scan = new DynamicsScan(spark, log.series().size());
    LogFilter filter = log.filter();
    int lastEpoch = filter.asOf() == null ? Integer.MAX_VALUE : filter.asOf();
    int parallelism = spark.sparkContext().defaultParallelism();
    for (ScanPlan.Tasks tasks : ScanPlan.of(log, false, series -> false, parallelism)) {
      scan.read(tasks, filter.firstEpoch(), lastEpoch)
          .foreachPartition(blocks -> blocks.forEachRemaining(block -> {}));
    }
    return scan.tally();
  }

  private JavaRDD<InternalRow> read(ScanPlan.Tasks tasks, int firstEpoch, int lastEpoch) {
    PartitionResults<ScanTally> results = PartitionResults.register(spark);
    tallies.add(results);
    StructType columns = tasks.columns();
    boolean sorted = tasks.sorted();
    return ColumnBatches.read(spark, columns, tasks.pieces())
        .mapPartitions(
            batches -> {
              ScanTally tally = new ScanTally();
              int partition = TaskContext.getPartitionId();
              return new RowScan(
                  batches,
                  new RowScan.Options(columns, sorted, mostBlocks(), firstEpoch, lastEpoch),
                  tally,
                  () -> results.put(partition, tally));
            });
  }

  /** So many that the tables of all tasks of this process fill a quarter of its memory. */
  private static int mostBlocks() {
    int processors = Runtime.getRuntime().availableProcessors();
    int tasks = SparkEnv.get().conf().getInt("spark.executor.cores", processors);
    long bytes = Runtime.getRuntime().maxMemory() / 4 / tasks;
    return (int) Math.min(Integer.MAX_VALUE, bytes / BlockTable.WIDTH / Long.BYTES);
  }

  private JavaRDD<InternalRow> merged(JavaRDD<InternalRow> parts) {
    return table(spark, parts)
        .repartition(col("sample_id"))
        .sortWithinPartitions("sample_id", "place")
        .queryExecution()
        .toRdd()
        .toJavaRDD()
        .mapPartitions(Merging::new);
  }

  private JavaRDD<InternalRow> none() {
    return JavaSparkContext.fromSparkContext(spark.sparkContext()).emptyRDD();
  }

  private JavaRDD<InternalRow> counted(JavaRDD<InternalRow> all) {
    PartitionResults<SampleTotals> results = PartitionResults.register(spark);
    totals.add(results);
    int count = series;
    return all.mapPartitions(
        rows -> {
          SampleTotals sums = new SampleTotals();
          int partition = TaskContext.getPartitionId();
          return sums.count(rows, count, () -> results.put(partition, sums));
        });
  }

  /** Blocks as a table with the columns of {@link BlockTable#SCHEMA}. */
  static Dataset<Row> table(SparkSession spark, JavaRDD<InternalRow> blocks) {
    return spark.internalCreateDataFrame(blocks.rdd(), BlockTable.SCHEMA, false);
  }

  /**
   * The blocks; rows with the columns of {@link BlockTable#SCHEMA}, each overwritten by the next.
   */
  JavaRDD<InternalRow> blocks() {
    return blocks;
  }

  /** What the epochs add up to. */
  ScanTally tally() {
    ScanTally all = new ScanTally();
    tallies.forEach(results -> results.ordered().forEach(all::merge));
    return all;
  }

  /** What the samples add up to. */
  SampleTotals totals() {
    SampleTotals all = new SampleTotals();
    totals.forEach(results -> results.ordered().forEach(all::merge));
    return all;
  }

  /** Whether files that were taken for sorted are not, so that nothing of this pass counts. */
  boolean disordered() {
    return tally().disordered();
  }

  /** Puts blocks of the same sample and place together, which follow one another. */
  private static final class Merging implements Iterator<InternalRow> {
    private final Iterator<InternalRow> rows;
    private final BlockTable table = new BlockTable(false);
    private final InternalRow row = new SpecificInternalRow(BlockTable.SCHEMA);
    private final long[] ahead = new long[BlockTable.WIDTH];
    private boolean more;

    Merging(Iterator<InternalRow> rows) {
      this.rows = rows;
      advance();
    }

    private void advance() {
      more = rows.hasNext();
      if (more) {
        InternalRow next = rows.next();
        for (int column = 0; column < BlockTable.WIDTH; column++) {
          ahead[column] = next.getLong(column);
        }
      }
    }

    @Override
    public boolean hasNext() {
      return more;
    }

    @Override
    public InternalRow next() {
      if (!more) {
        throw new NoSuchElementException();
      }
      long sample = ahead[BlockTable.SAMPLE];
      long place = ahead[BlockTable.PLACE];
      table.clear();
      do {
        table.merge(ahead);
        advance();
      } while (more && ahead[BlockTable.SAMPLE] == sample && ahead[BlockTable.PLACE] == place);
      for (int column = 0; column < BlockTable.WIDTH; column++) {
        row.setLong(column, table.get(0, column));
      }
      return row;
    }
  }
}
