package io.holdfast.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;

/** Files of records of one length, read by ranges inside the tasks. */
final class FixedRecords {
  private static final long RANGE_BYTES = 16L << 20;

  private FixedRecords() {}

  /**
   * A file to read.
   *
   * @param name the file; may be gzip
   * @param headerBytes what precedes the first record
   * @param recordBytes length of one record
   * @param count number of records
   */
  record Layout(String name, int headerBytes, int recordBytes, long count) {}

  /** Position (over all files, in order) and bytes of every record. */
  static JavaRDD<Tuple2<Long, byte[]>> read(SparkSession spark, List<Layout> layouts) {
    List<Range> ranges = new ArrayList<>();
    long position = 0;
    for (Layout layout : layouts) {
      // Every range of a gzip file would be decompressed from the start.
      long step =
          InputFiles.isGzip(layout.name(), spark.sparkContext().hadoopConfiguration())
              ? layout.count()
              : Math.max(1, RANGE_BYTES / layout.recordBytes());
      for (long first = 0; first < layout.count(); first += step) {
        ranges.add(
            new Range(layout, first, Math.min(step, layout.count() - first), position + first));
      }
      position += layout.count();
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> conf =
        context.broadcast(new SerializableConfiguration(context.hadoopConfiguration()));
    return context
        .parallelize(ranges, Math.max(1, ranges.size()))
        .flatMap(range -> new Records(range, conf.value()));
  }

  /** Consecutive records of one file; a class and not a record because Kryo cannot read records. */
  private static final class Range implements Serializable {
    private static final long serialVersionUID = 1L;
    private final String name;
    private final long offset;
    private final int recordBytes;
    private final long count;
    private final long position;

    Range(Layout layout, long first, long count, long position) {
      this.name = layout.name();
      this.offset = layout.headerBytes() + first * layout.recordBytes();
      this.recordBytes = layout.recordBytes();
      this.count = count;
      this.position = position;
    }
  }

  private static final class Records implements Iterator<Tuple2<Long, byte[]>> {
    private final Range range;
    private final InputStream in;
    private long next;

    Records(Range range, SerializableConfiguration conf) {
      this.range = range;
      try {
        this.in = InputFiles.open(range.name, range.offset, conf.value());
      } catch (IOException e) {
        throw InputFiles.failure(range.name, e);
      }
      TaskContext.get().addTaskCompletionListener((TaskCompletionListener) task -> close());
    }

    @Override
    public boolean hasNext() {
      return next < range.count;
    }

    @Override
    public Tuple2<Long, byte[]> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      try {
        byte[] bytes = in.readNBytes(range.recordBytes);
        if (bytes.length < range.recordBytes) {
          throw new EOFException("the file ends within a record");
        }
        return new Tuple2<>(range.position + next++, bytes);
      } catch (IOException e) {
        throw InputFiles.failure(range.name, e);
      }
    }

    private void close() {
      try {
        in.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
