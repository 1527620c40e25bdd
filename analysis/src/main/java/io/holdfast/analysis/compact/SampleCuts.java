package io.holdfast.analysis.compact;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Where the sample ids of a table are cut into ranges of about equally many rows. Depends on the
 * ids only, not on how Spark partitions them: ids are counted in cells whose width is a power of
 * two, and full cells are divided until none holds more rows than a range or it is one id wide.
 *
 * @param firsts the first id of every range but the lowest one, ascending
 */
record SampleCuts(long[] firsts) implements Serializable {
  private static final int CELLS_LOG2 = 16;
  private static final int PARTS_LOG2 = 10;

  int ranges() {
    return firsts.length + 1;
  }

  /** The range that an id belongs to, from 0. */
  int rangeOf(long id) {
    int found = Arrays.binarySearch(firsts, id);
    return found >= 0 ? found + 1 : -found - 1;
  }

  /**
   * Cuts.
   *
   * @param rows rows with a column sample_id of any integer type
   * @param rowsPerRange about how many rows go to a range
   * @param what whose rows they are, for messages
   */
  static SampleCuts of(Dataset<Row> rows, long rowsPerRange, String what) {
    Dataset<Row> ids = rows.select(col("sample_id").cast("bigint").as("id"));
    Row extent = ids.agg(count(lit(1)), count(col("id")), min("id"), max("id")).head();
    if (extent.getLong(0) != extent.getLong(1)) {
      throw new HoldfastException(
          ExitCode.BAD_LOG,
          what
              + ": sample_id is NULL in "
              + (extent.getLong(0) - extent.getLong(1))
              + " rows, expected a number");
    }
    if (extent.getLong(0) <= rowsPerRange) {
      return new SampleCuts(new long[0]);
    }
    // As unsigned: the ids may span more than half of all numbers.
    long span = extent.getLong(3) - extent.getLong(2);
    int widthLog2 = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(span) - CELLS_LOG2);
    TreeMap<Long, Long> cells = cells(ids, widthLog2);
    while (widthLog2 > 0) {
      List<Long> full =
          cells.entrySet().stream()
              .filter(cell -> cell.getValue() > rowsPerRange)
              .map(Map.Entry::getKey)
              .toList();
      if (full.isEmpty()) {
        break;
      }
      Dataset<Row> crowded = ids.filter(cell(widthLog2).isin(full.toArray()));
      full.forEach(cells::remove);
      widthLog2 = Math.max(0, widthLog2 - PARTS_LOG2);
      cells.putAll(cells(crowded, widthLog2));
    }
    return new SampleCuts(cuts(cells, rowsPerRange));
  }

  private static Column cell(int widthLog2) {
    return col("id").bitwiseAND(lit(-1L << widthLog2));
  }

  private static TreeMap<Long, Long> cells(Dataset<Row> ids, int widthLog2) {
    TreeMap<Long, Long> cells = new TreeMap<>();
    for (Row row : ids.groupBy(cell(widthLog2).as("cell")).agg(count(lit(1))).collectAsList()) {
      cells.put(row.getLong(0), row.getLong(1));
    }
    return cells;
  }

  private static long[] cuts(TreeMap<Long, Long> cells, long rowsPerRange) {
    List<Long> firsts = new ArrayList<>();
    long rows = 0;
    for (Map.Entry<Long, Long> cell : cells.entrySet()) {
      if (rows > 0 && rows + cell.getValue() > rowsPerRange) {
        firsts.add(cell.getKey());
        rows = 0;
      }
      rows += cell.getValue();
    }
    return firsts.stream().mapToLong(Long::longValue).toArray();
  }
}
