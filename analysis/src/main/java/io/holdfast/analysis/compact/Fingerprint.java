package io.holdfast.analysis.compact;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.shiftrightunsigned;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.Arrays;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What two tables with the same rows have in common, whatever the order: the number of rows and the
 * sums of the lower and upper halves of the rows' 64-bit hashes.
 */
record Fingerprint(long rows, long lower, long upper) {

  static Fingerprint of(Dataset<Row> rows) {
    Column[] columns =
        Arrays.stream(rows.columns())
            .sorted()
            .map(name -> col("`" + name.replace("`", "``") + "`"))
            .toArray(Column[]::new);
    Row sums =
        rows.select(xxhash64(columns).as("hash"))
            .agg(
                count(lit(1)),
                coalesce(sum(col("hash").bitwiseAND(0xFFFFFFFFL)), lit(0L)),
                coalesce(sum(shiftrightunsigned(col("hash"), 32)), lit(0L)))
            .head();
    return new Fingerprint(sums.getLong(0), sums.getLong(1), sums.getLong(2));
  }
}
