package io.holdfast.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapred.FileSplit;
import org.apache.hadoop.mapred.LineRecordReader;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;
import scala.Tuple3;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;

/**
 * Lines of text files with their numbers. Not {@code SparkContext.textFile}: that takes commas and
 * brackets in a path for syntax, and its failures do not name the file.
 */
final class CsvLines {
  private static final long RANGE_BYTES = 32L << 20;

  private CsvLines() {}

  /** Number of the file, 1-based number of the line, and the line, in input order. */
  static JavaRDD<Tuple3<Integer, Long, String>> read(SparkSession spark, List<String> files) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Configuration hadoop = context.hadoopConfiguration();
    Broadcast<SerializableConfiguration> conf =
        context.broadcast(new SerializableConfiguration(hadoop));
    List<JavaRDD<Tuple3<Integer, Long, String>>> all = new ArrayList<>();
    for (int file = 0; file < files.size(); file++) {
      int number = file;
      String name = files.get(file);
      long length = InputFiles.regularFile(name, hadoop).getLen();
      boolean gzip = InputFiles.isGzip(name, hadoop);
      if (gzip && !name.endsWith(".gz")) {
        throw BadInput.of("%s holds gzip data, expected a name that ends in .gz", name);
      }
      long step = gzip ? length : RANGE_BYTES;
      List<Tuple2<Long, Long>> ranges = new ArrayList<>();
      for (long start = 0; start < length; start += step) {
        ranges.add(new Tuple2<>(start, Math.min(step, length - start)));
      }
      all.add(
          context
              .parallelize(ranges, Math.max(1, ranges.size()))
              .flatMap(range -> new Lines(name, range._1(), range._2(), conf.value().value()))
              .zipWithIndex()
              .map(line -> new Tuple3<>(number, line._2() + 1, line._1())));
    }
    // At once: a union of a union is a lineage as deep as there are files.
    List<RDD<Tuple3<Integer, Long, String>>> rdds = all.stream().map(JavaRDD::rdd).toList();
    return context
        .sc()
        .union(JavaConverters.asScalaBuffer(rdds).toSeq(), ClassTag$.MODULE$.apply(Tuple3.class))
        .toJavaRDD();
  }

  private static final class Lines implements Iterator<String> {
    private final String name;
    private final LineRecordReader reader;
    private final LongWritable key = new LongWritable();
    private final Text value = new Text();
    private Boolean present;

    Lines(String name, long start, long length, Configuration conf) {
      this.name = name;
      try {
        FileSplit split = new FileSplit(new Path(name), start, length, (String[]) null);
        this.reader = new LineRecordReader(conf, split);
      } catch (IOException e) {
        throw InputFiles.failure(name, e);
      }
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> close());
    }

    @Override
    public boolean hasNext() {
      if (present == null) {
        try {
          present = reader.next(key, value);
        } catch (IOException e) {
          throw InputFiles.failure(name, e);
        }
      }
      return present;
    }

    @Override
    public String next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      present = null;
      return value.toString();
    }

    private void close() {
      try {
        reader.close();
      } catch (IOException e) {
        throw InputFiles.failure(name, e);
      }
    }
  }
}
