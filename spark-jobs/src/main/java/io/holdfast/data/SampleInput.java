package io.holdfast.data;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;

import java.util.List;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * Both parts of the input as one table with unique sample ids: 0, 1, 2, ... in input order, the
 * training part first, unless the input brings its own. Ids do not depend on the limits. Holds
 * parsed rows in Spark's storage until closed.
 */
final class SampleInput implements AutoCloseable {
  /** Whether a row belongs to the test part. */
  static final String IS_TEST = "is_test";

  private final Part train;
  private final Part test;
  private final Dataset<Row> rows;
  private final ImportOptions options;

  private SampleInput(Part train, Part test, Dataset<Row> rows, ImportOptions options) {
    this.train = train;
    this.test = test;
    this.rows = rows;
    this.options = options;
  }

  /** Both parts may be null, not both at once. */
  static SampleInput of(Part train, Part test, ImportOptions options) {
    Part first = train == null ? test : train;
    if (train != null && test != null && train.idsGiven() != test.idsGiven()) {
      throw BadInput.of(
          "%s %s sample ids, expected the same of %s",
          test.files().get(0), test.idsGiven() ? "has" : "has no", train.files().get(0));
    }
    long trainRows = 0;
    Dataset<Row> rows = null;
    if (train != null) {
      train.rows().persist(StorageLevel.MEMORY_AND_DISK());
    }
    if (test != null) {
      test.rows().persist(StorageLevel.MEMORY_AND_DISK());
    }
    try {
      if (train != null) {
        trainRows = countRows(train);
        rows = numbered(train, false, 0);
      }
      if (test != null) {
        countRows(test);
        Dataset<Row> tested = numbered(test, true, trainRows);
        rows = rows == null ? tested : rows.union(tested);
      }
      SampleInput input = new SampleInput(train, test, rows, options);
      if (first.idsGiven()) {
        input.refuseDuplicates();
      }
      return input;
    } catch (RuntimeException e) {
      release(train, test);
      throw e;
    }
  }

  private static long countRows(Part part) {
    long rows = part.rows().count();
    if (rows == 0) {
      throw BadInput.of("%s is empty, expected at least one row", part.files().get(0));
    }
    return rows;
  }

  private static Dataset<Row> numbered(Part part, boolean isTest, long firstId) {
    Column id = part.idsGiven() ? col(Part.SAMPLE_ID) : col(Part.POSITION).plus(lit(firstId));
    return part.rows().withColumn(Part.SAMPLE_ID, id).withColumn(IS_TEST, lit(isTest));
  }

  private void refuseDuplicates() {
    List<Row> duplicate =
        rows.groupBy(Part.SAMPLE_ID)
            .agg(count(lit(1)).as("times"))
            .where(col("times").gt(1))
            .orderBy(Part.SAMPLE_ID)
            .limit(1)
            .collectAsList();
    if (duplicate.isEmpty()) {
      return;
    }
    long id = duplicate.get(0).getLong(0);
    List<String> places =
        rows
            .where(col(Part.SAMPLE_ID).equalTo(id))
            .orderBy(IS_TEST, Part.POSITION)
            .limit(2)
            .collectAsList()
            .stream()
            .map(row -> where(row))
            .toList();
    throw BadInput.of(
        "%s: sample id %d is taken by %s, expected unique sample ids",
        places.get(1), id, places.get(0));
  }

  private String where(Row row) {
    Part part = row.<Boolean>getAs(IS_TEST) ? test : train;
    return part.where(row.<Integer>getAs(Part.FILE), row.<Long>getAs(Part.PLACE));
  }

  /** The part that decides shape and class names. */
  Part leading() {
    return train == null ? test : train;
  }

  boolean hasTest() {
    return test != null;
  }

  /** Number of classes; 0 when nothing is labelled. Looks at all rows, whatever the limits. */
  int classes() {
    int fixed = leading().classes();
    int asked = options.classes().orElse(options.classNames().size());
    if (fixed > 0 && asked > 0 && fixed != asked) {
      throw BadInput.of(
          "Invalid --classes or --class-names: %d classes, expected %d as in %s",
          asked, fixed, leading().files().get(0));
    }
    if (fixed > 0 || asked > 0) {
      return Math.max(fixed, asked);
    }
    Row largest = rows.agg(max(Part.LABEL)).first();
    if (largest.isNullAt(0)) {
      return 0;
    }
    int classes = largest.getInt(0) + 1;
    if (classes < 2 || classes > ImportOptions.MOST_CLASSES) {
      Row row =
          rows.where(col(Part.LABEL).equalTo(classes - 1)).orderBy(IS_TEST, Part.POSITION).first();
      throw BadInput.of(
          "%s: the largest label is %d, expected 1 to %d, or --classes",
          where(row), classes - 1, ImportOptions.MOST_CLASSES - 1);
    }
    return classes;
  }

  /** The rows within the limits. */
  Dataset<Row> rows() {
    Column isTest = col(IS_TEST);
    Dataset<Row> limited = rows;
    if (options.limitTrain().isPresent()) {
      limited = limited.where(isTest.or(col(Part.POSITION).lt(options.limitTrain().getAsLong())));
    }
    if (options.limitTest().isPresent()) {
      limited =
          limited.where(
              isTest.equalTo(false).or(col(Part.POSITION).lt(options.limitTest().getAsLong())));
    }
    return limited;
  }

  /** Number of samples of every class of the training part, within the limit. */
  TreeMap<Integer, Long> trainingLabels() {
    TreeMap<Integer, Long> counts = new TreeMap<>();
    rows()
        .where(col(IS_TEST).equalTo(false))
        .groupBy(Part.LABEL)
        .count()
        .collectAsList()
        .forEach(row -> counts.put(row.getInt(0), row.getLong(1)));
    return counts;
  }

  @Override
  public void close() {
    release(train, test);
  }

  private static void release(Part train, Part test) {
    if (train != null) {
      train.rows().unpersist();
    }
    if (test != null) {
      test.rows().unpersist();
    }
  }
}
