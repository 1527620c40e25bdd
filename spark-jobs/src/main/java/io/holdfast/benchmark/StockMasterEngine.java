package io.holdfast.benchmark;

import io.holdfast.data.Sample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * DL4J Spark's own master as its users call it: one fit per epoch on the same RDD of minibatches,
 * which it persists or exports once. Counted as if it trained every sample, although it leaves some
 * out.
 */
final class StockMasterEngine implements Engine {
  /** Read by tasks of this process; Spark would send a list of them with every task. */
  private static List<DataSet> batches = List.of();

  private final SparkComputationGraph network;
  private final JavaRDD<MultiDataSet> data;

  StockMasterEngine(
      SparkSession spark,
      List<Sample> samples,
      int workers,
      int batch,
      RDDTrainingApproach approach,
      Path directory) {
    setBatches(PlainEngine.batches(samples, batch));
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < batches.size(); i++) {
      numbers.add(i);
    }
    this.data =
        context.parallelize(numbers, workers).map(number -> batches.get(number).toMultiDataSet());
    ParameterAveragingTrainingMaster master =
        new ParameterAveragingTrainingMaster.Builder(workers, batch)
            .batchSizePerWorker(batch)
            .averagingFrequency(Networks.AVERAGING_FREQUENCY)
            .rddTrainingApproach(approach)
            .exportDirectory(directory.toUri().toString())
            .saveUpdater(true)
            .build();
    this.network = new SparkComputationGraph(context, Networks.lenet(), master);
  }

  private static void setBatches(List<DataSet> made) {
    batches = made;
  }

  @Override
  public double seconds(String question) {
    long start = System.nanoTime();
    network.fitMultiDataSet(data);
    return (System.nanoTime() - start) / 1e9;
  }
}
