package io.holdfast.train;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.storage.StorageLevel;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import scala.Tuple2;

/**
 * The examples of one shard of a DL4J user's data, in the order of their index in the whole data.
 *
 * @param featuresShape of one example; empty in an empty shard
 * @param labelsShape likewise
 * @param features one row-major array per example
 * @param labels likewise
 */
record DataSetShard(long[] featuresShape, long[] labelsShape, float[][] features, float[][] labels)
    implements Serializable {

  /** One example, taken out of whatever DataSet it came in. */
  record Example(long[] featuresShape, long[] labelsShape, float[] features, float[] labels)
      implements Serializable {}

  int count() {
    return features.length;
  }

  /**
   * Gives every example an index in the order of the data, and the shard of that index; kept in
   * memory or on disk. The data has to have the same order whenever Spark computes it.
   */
  static RDD<DataSetShard> shard(JavaRDD<DataSet> data, ShardPartitioner partitioner) {
    return data.flatMap(DataSetShard::examples)
        .zipWithIndex()
        .mapToPair(indexed -> new Tuple2<>(indexed._2(), indexed._1()))
        .partitionBy(partitioner)
        .mapPartitions(examples -> List.of(of(examples)).iterator(), true)
        .persist(StorageLevel.MEMORY_AND_DISK())
        .rdd();
  }

  private static Iterator<Example> examples(DataSet data) {
    if (data.hasMaskArrays()) {
      throw new UnsupportedOperationException("Data with mask arrays is not supported");
    }
    if (data.getFeatures() == null || data.getLabels() == null) {
      throw new UnsupportedOperationException(
          "A DataSet without features or without labels is not supported");
    }
    float[][] features = rows(data.getFeatures());
    float[][] labels = rows(data.getLabels());
    if (features.length != labels.length) {
      throw new IllegalArgumentException(
          "Invalid DataSet: " + features.length + " examples with " + labels.length + " labels");
    }
    long[] featuresShape = shapeOfOne(data.getFeatures());
    long[] labelsShape = shapeOfOne(data.getLabels());
    List<Example> examples = new ArrayList<>(features.length);
    for (int i = 0; i < features.length; i++) {
      examples.add(new Example(featuresShape, labelsShape, features[i], labels[i]));
    }
    return examples.iterator();
  }

  private static long[] shapeOfOne(INDArray array) {
    return Arrays.copyOfRange(array.shape(), 1, array.rank());
  }

  private static float[][] rows(INDArray array) {
    int count = Math.toIntExact(array.size(0));
    float[] values = array.castTo(DataType.FLOAT).dup('c').data().asFloat();
    float[][] rows = new float[count][];
    int length = count == 0 ? 0 : values.length / count;
    for (int i = 0; i < count; i++) {
      rows[i] = Arrays.copyOfRange(values, i * length, (i + 1) * length);
    }
    return rows;
  }

  private static DataSetShard of(Iterator<Tuple2<Long, Example>> examples) {
    List<Tuple2<Long, Example>> ordered = new ArrayList<>();
    examples.forEachRemaining(ordered::add);
    ordered.sort(Comparator.comparingLong(Tuple2::_1));
    int count = ordered.size();
    Example first =
        count == 0 ? new Example(new long[0], new long[0], null, null) : ordered.get(0)._2();
    DataSetShard shard =
        new DataSetShard(
            first.featuresShape(), first.labelsShape(), new float[count][], new float[count][]);
    for (int i = 0; i < count; i++) {
      Example example = ordered.get(i)._2();
      requireSame("features", ordered.get(i)._1(), shard.featuresShape, example.featuresShape());
      requireSame("labels", ordered.get(i)._1(), shard.labelsShape, example.labelsShape());
      shard.features[i] = example.features();
      shard.labels[i] = example.labels();
    }
    return shard;
  }

  private static void requireSame(String what, long index, long[] expected, long[] found) {
    if (!Arrays.equals(expected, found)) {
      throw new IllegalArgumentException(
          "Invalid shape of the "
              + what
              + " of example "
              + index
              + ": "
              + Arrays.toString(found)
              + " (expected "
              + Arrays.toString(expected)
              + ", as of the examples before it)");
    }
  }
}
