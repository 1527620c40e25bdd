package io.holdfast.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import scala.Tuple2;

/**
 * Writes samples in their layout, and finds what their data set says about itself; both are the
 * same on any cluster.
 */
final class SampleTableWriter {
  /** What a text is taken to have; decides no more than how many go into a file. */
  private static final long TEXT_BYTES = 1024;

  private final SparkSession spark;
  private final Header header;
  private final JavaPairRDD<Tuple2<Integer, Long>, Row> ordered;

  /**
   * What is known of a data set before its samples are counted; see {@link DatasetDescriptor}.
   *
   * @param vocabulary of texts; null for none
   * @param noise of the training labels; null for none
   * @param imbalance of the training classes; null for none
   */
  record Header(
      DatasetDescriptor.Kind kind,
      int classes,
      List<String> classNames,
      List<Integer> shape,
      DatasetDescriptor.TextVocabulary vocabulary,
      LabelNoise noise,
      DatasetDescriptor.Imbalance imbalance,
      long seed,
      Map<String, Object> importOptions) {}

  /**
   * Puts samples in order.
   *
   * @param keys split and sample id of every sample; without the content, which is not needed to
   *     find the layout
   * @param samples key (split, sample id), value (label, true label, content as in {@link
   *     Part#CONTENT})
   */
  SampleTableWriter(
      SparkSession spark,
      Header header,
      JavaPairRDD<Integer, Long> keys,
      JavaPairRDD<Tuple2<Integer, Long>, Row> samples) {
    this.spark = spark;
    this.header = header;
    ordered =
        samples.repartitionAndSortWithinPartitions(
            SplitLayout.find(keys, contentBytes(header)), new SplitLayout.KeyOrder());
  }

  private static long contentBytes(Header header) {
    long values = header.shape().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    return switch (header.kind()) {
      case IMAGE -> values;
      case TABULAR -> values * Float.BYTES;
      case TEXT -> TEXT_BYTES;
    };
  }

  /** Writes the rows below a directory. */
  void write(Path directory) {
    DatasetDescriptor.Kind kind = header.kind();
    JavaRDD<Row> rows =
        ordered.map(
            sample ->
                RowFactory.create(
                    sample._1()._2(),
                    sample._2().get(0),
                    sample._2().get(1),
                    Content.decode(kind, sample._2().getAs(2)),
                    SampleTable.SPLITS.get(sample._1()._1())));
    spark
        .createDataFrame(
            rows, SampleTable.schema(kind).add(SampleTable.SPLIT, DataTypes.StringType, false))
        .sortWithinPartitions(SampleTable.SPLIT, Part.SAMPLE_ID)
        .write()
        .partitionBy(SampleTable.SPLIT)
        .option("compression", "zstd")
        .parquet(new Path(directory, "samples").toString());
  }

  /** Counts the samples. */
  DatasetDescriptor describe() {
    DatasetDescriptor.Kind kind = header.kind();
    List<Integer> shape = header.shape();
    List<BlockSummary> blocks =
        new ArrayList<>(ordered.mapPartitions(rows -> new Blocks(kind, shape).of(rows)).collect());
    Map<String, DatasetDescriptor.SplitSummary> splits = new LinkedHashMap<>();
    Moments moments = null;
    TreeMap<Long, Long> transitions = new TreeMap<>();
    for (int split = 0; split < SampleTable.SPLITS.size(); split++) {
      long samples = 0;
      TreeMap<Integer, Long> counts = new TreeMap<>();
      MessageDigest digest = BlockSummary.sha256();
      for (BlockSummary block : blocks) {
        if (block.split() != split) {
          continue;
        }
        samples += block.samples();
        block.perClass().forEach((label, count) -> counts.merge(label, count, Long::sum));
        block.transitions().forEach((pair, count) -> transitions.merge(pair, count, Long::sum));
        digest.update(block.hash());
        if (block.moments() != null && moments == null) {
          moments = block.moments();
        } else if (block.moments() != null) {
          moments.merge(block.moments());
        }
      }
      if (samples > 0) {
        List<Long> perClass = new ArrayList<>(Collections.nCopies(header.classes(), 0L));
        counts.forEach(
            (label, count) -> {
              if (label != Sample.NO_LABEL) {
                perClass.set(label, count);
              }
            });
        splits.put(
            SampleTable.SPLITS.get(split),
            new DatasetDescriptor.SplitSummary(
                samples,
                perClass,
                counts.getOrDefault(Sample.NO_LABEL, 0L),
                HexFormat.of().formatHex(digest.digest())));
      }
    }
    return new DatasetDescriptor(
        DatasetDescriptor.FORMAT,
        kind,
        header.classes(),
        header.classNames(),
        shape,
        splits,
        moments == null ? List.of() : moments.mean(),
        moments == null ? List.of() : moments.deviation(),
        fingerprint(splits),
        header.vocabulary(),
        header.noise() == null ? null : noise(transitions),
        header.imbalance(),
        header.seed(),
        header.importOptions());
  }

  private String fingerprint(Map<String, DatasetDescriptor.SplitSummary> splits) {
    StringBuilder text = new StringBuilder("holdfast samples 1\n");
    text.append(header.kind())
        .append(' ')
        .append(header.shape())
        .append(' ')
        .append(header.classes())
        .append('\n');
    if (header.vocabulary() != null) {
      text.append(header.vocabulary().sha256()).append('\n');
    }
    splits.forEach(
        (name, summary) ->
            text.append(name)
                .append(' ')
                .append(summary.samples())
                .append(' ')
                .append(summary.fingerprint())
                .append('\n'));
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(BlockSummary.sha256().digest(bytes));
  }

  private DatasetDescriptor.LabelNoise noise(TreeMap<Long, Long> transitions) {
    List<List<Long>> matrix = new ArrayList<>();
    long flipped = 0;
    long all = 0;
    for (int trueLabel = 0; trueLabel < header.classes(); trueLabel++) {
      List<Long> row = new ArrayList<>();
      for (int label = 0; label < header.classes(); label++) {
        long count = transitions.getOrDefault(BlockSummary.transition(trueLabel, label), 0L);
        row.add(count);
        all += count;
        flipped += label == trueLabel ? 0 : count;
      }
      matrix.add(row);
    }
    NoiseOptions options = header.noise().options();
    return new DatasetDescriptor.LabelNoise(
        options.kind(),
        options.rate(),
        options.includeTrueClass(),
        options.draws(),
        header.noise().seed(),
        header.noise().partners(),
        all == 0 ? 0 : (double) flipped / all,
        matrix);
  }

  /** Cuts the rows of one file into blocks. */
  private record Blocks(DatasetDescriptor.Kind kind, List<Integer> shape) {

    Iterator<BlockSummary> of(Iterator<Tuple2<Tuple2<Integer, Long>, Row>> rows) {
      List<BlockSummary> done = new ArrayList<>();
      BlockSummary current = null;
      while (rows.hasNext()) {
        Tuple2<Tuple2<Integer, Long>, Row> sample = rows.next();
        int split = sample._1()._1();
        if (current == null || current.samples() == BlockSummary.ROWS) {
          if (current != null) {
            done.add(current.finish());
          }
          current =
              new BlockSummary(
                  split, split == SplitAssignment.TRAIN ? Moments.of(kind, shape) : null);
        }
        Row value = sample._2();
        current.add(
            sample._1()._2(),
            value.isNullAt(0) ? null : value.getInt(0),
            value.isNullAt(1) ? null : value.getInt(1),
            value.getAs(2));
      }
      if (current != null) {
        done.add(current.finish());
      }
      return done.iterator();
    }
  }
}
