package io.holdfast.analysis.sql;

import static org.apache.spark.sql.functions.abs;
import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.ceil;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.round;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.holdfast.analysis.dynamics.ExactMean;
import io.holdfast.analysis.dynamics.LearningHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.aggregate.BitOrAgg;
import org.apache.spark.sql.catalyst.expressions.objects.StaticInvoke;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.JavaConverters;

/**
 * Every function. Aggregates become trees of Spark's own aggregates over fixed-width values, so
 * that its hash aggregation and code generation stay on; means are sums of integers, which do not
 * depend on the order of rows.
 */
final class SqlFunctions {
  private static final int MOST_EPOCHS = 1024;
  private static final int MOST_WORDS = 16_384;
  private static final int MOST_BINS = 100;

  /** ECE sums differences of at most 1 in units of 2^-32: exact for up to 2^31 rows. */
  private static final double ECE_UNIT = 0x1p32;

  private static final String HISTORY =
      "* history - what learning_history(epoch, correct) makes of the rows of one sample\n";
  private static final String EPOCH = "* epoch - INT, from 1\n";
  private static final String OF_SAMPLES =
      """
      > SELECT sample_id, %s FROM predictions('logs') GROUP BY run_id, split, phase, sample_id;
       %s
      """;

  static final List<SqlFunction> ALL =
      List.of(
          SqlFunction.of(
              "learning_history",
              2,
              3,
              "_FUNC_(epoch, correct[, epochs]) - Bitmaps of the epochs of one sample: in which it"
                  + " was right, and in which it had a verdict. Aggregate function.",
              """
              * epoch - the number of a row's epoch, from 1
              * correct - BOOLEAN, whether the sample was right in it; NULL: no verdict
              * epochs - how many epochs there may be, a constant from 1 to 1024; default 64
              """,
              OF_SAMPLES.formatted("_FUNC_(epoch, correct)", "7  [{0, 53, 63}]"),
              SqlFunctions::learningHistory),
          SqlFunction.of(
              "epoch_bitmap",
              2,
              3,
              "_FUNC_(epoch, condition[, word]) - The bits of the epochs in which the condition"
                  + " holds: bit i of word w stands for epoch 64 w + i + 1. Aggregate function; the"
                  + " same as bit_or(shiftleft(1L, epoch - 1)) over those epochs.",
              """
              * epoch - the number of a row's epoch, from 1
              * condition - BOOLEAN
              * word - which 64 epochs, a constant from 0; default 0: epochs 1 to 64; others are left out
              """,
              """
              > SELECT _FUNC_(epoch, correct) FROM VALUES (1, true), (2, false), (3, true) AS t(epoch, correct);
               5
              """,
              SqlFunctions::epochBitmap),
          SqlFunction.of(
              "ever_correct",
              1,
              1,
              "_FUNC_(history) - Whether the sample was right in any epoch.",
              HISTORY,
              OF_SAMPLES.formatted("_FUNC_(learning_history(epoch, correct))", "7  true"),
              arguments -> ofHistory("everCorrect", DataTypes.BooleanType, true, arguments)),
          SqlFunction.of(
              "ever_correct_before",
              2,
              2,
              "_FUNC_(history, epoch) - Whether the sample was right in an earlier epoch.",
              HISTORY + EPOCH,
              OF_SAMPLES.formatted("_FUNC_(learning_history(epoch, correct), 20)", "7  true"),
              arguments ->
                  atEpoch("everCorrectBefore", DataTypes.BooleanType, false, arguments).expr()),
          SqlFunction.of(
              "correct_at",
              2,
              2,
              "_FUNC_(history, epoch) - Whether the sample was right in one epoch; NULL without a"
                  + " verdict.",
              HISTORY + EPOCH,
              OF_SAMPLES.formatted("_FUNC_(learning_history(epoch, correct), 20)", "7  false"),
              arguments -> atEpoch("correctAt", DataTypes.BooleanType, true, arguments).expr()),
          SqlFunction.of(
              "flipped_at",
              2,
              2,
              "_FUNC_(history, epoch) - Whether the sample is wrong in one epoch and was right in an"
                  + " earlier one; NULL without a verdict.",
              HISTORY + EPOCH,
              OF_SAMPLES.formatted("_FUNC_(learning_history(epoch, correct), 20)", "7  true"),
              arguments -> atEpoch("flippedAt", DataTypes.BooleanType, true, arguments).expr()),
          SqlFunction.of(
              "forgetting_events",
              1,
              1,
              "_FUNC_(history) - Number of wrong epochs whose predecessor is right (Toneva et al.,"
                  + " arXiv 1812.05159).",
              HISTORY,
              OF_SAMPLES.formatted("_FUNC_(learning_history(epoch, correct))", "7  2"),
              arguments -> ofHistory("forgettingEvents", DataTypes.IntegerType, false, arguments)),
          SqlFunction.of(
              "unforgettable",
              1,
              1,
              "_FUNC_(history) - Whether the sample was learned and never forgotten.",
              HISTORY,
              OF_SAMPLES.formatted("_FUNC_(learning_history(epoch, correct))", "7  false"),
              arguments -> ofHistory("unforgettable", DataTypes.BooleanType, true, arguments)),
          SqlFunction.of(
              "first_learned",
              1,
              1,
              "_FUNC_(history) - The first epoch in which the sample was right; NULL where there is"
                  + " none.",
              HISTORY,
              OF_SAMPLES.formatted("_FUNC_(learning_history(epoch, correct))", "7  1"),
              arguments -> ofHistory("firstLearned", DataTypes.IntegerType, true, arguments)),
          SqlFunction.of(
              "last_learned",
              1,
              1,
              "_FUNC_(history) - The last right epoch whose predecessor is wrong or missing; NULL"
                  + " where there is none.",
              HISTORY,
              OF_SAMPLES.formatted("_FUNC_(learning_history(epoch, correct))", "7  5"),
              arguments -> ofHistory("lastLearned", DataTypes.IntegerType, true, arguments)),
          SqlFunction.of(
              "flipping_error",
              2,
              2,
              "_FUNC_(history, epoch) - FE: the share of samples that are wrong in one epoch and"
                  + " were right in an earlier one. Aggregate function.",
              HISTORY + EPOCH,
              overSamples("_FUNC_", " 0.0122"),
              arguments -> {
                Column flipped = atEpoch("flippedAt", DataTypes.BooleanType, true, arguments);
                return ratio(count(when(flipped, 1)), count(flipped)).expr();
              }),
          SqlFunction.of(
              "relative_flipping_error",
              2,
              2,
              "_FUNC_(history, epoch) - RFE: the share of the samples wrong in one epoch that were"
                  + " right in an earlier one; NULL where nothing is wrong. Aggregate function.",
              HISTORY + EPOCH,
              overSamples("_FUNC_", " 0.55"),
              arguments -> {
                Column flipped = atEpoch("flippedAt", DataTypes.BooleanType, true, arguments);
                Column correct = atEpoch("correctAt", DataTypes.BooleanType, true, arguments);
                return ratio(count(when(flipped, 1)), count(when(correct.equalTo(false), 1)))
                    .expr();
              }),
          SqlFunction.of(
              "accuracy",
              1,
              1,
              "_FUNC_(correct) - The share of rows with a verdict that are right; NULL without one."
                  + " Aggregate function.",
              "* correct - BOOLEAN\n",
              """
              > SELECT epoch, _FUNC_(correct) FROM predictions('logs') GROUP BY run_id, split, phase, epoch;
               1  0.85
              """,
              arguments ->
                  ratio(count(when(arguments.truth(0), 1)), count(arguments.truth(0))).expr()),
          SqlFunction.of(
              "exact_mean",
              1,
              1,
              "_FUNC_(value) - The mean as a sum of integers, which is the same however Spark"
                  + " partitions the rows; NULL where a value is infinite, not a number or 2^31 and"
                  + " more. Aggregate function.",
              "* value - a number; rows where it is NULL do not count\n",
              """
              > SELECT _FUNC_(loss) FROM predictions('logs') WHERE epoch = 20 GROUP BY run_id, split, phase;
               0.0625
              """,
              arguments -> ExactMean.of(arguments.number(0)).expr()),
          SqlFunction.of(
              "margin_statistics",
              1,
              1,
              "_FUNC_(margin) - Number of rows with a margin, exact mean, lowest, highest, and the"
                  + " share below 0. Aggregate function.",
              "* margin - logit of the label minus the largest other logit\n",
              """
              > SELECT _FUNC_(margin) FROM VALUES (-1.0D), (2.0D), (5.0D) AS t(margin);
               {3, 2.0, -1.0, 5.0, 0.3333333333333333}
              """,
              SqlFunctions::marginStatistics),
          SqlFunction.of(
              "ece",
              2,
              3,
              "_FUNC_(p_pred, correct[, bins]) - Expected calibration error: the mean over bins of"
                  + " equal width (lo, hi], weighted by their rows, of |accuracy - mean confidence|"
                  + " (Guo et al., arXiv 1706.04599). Aggregate function.",
              """
              * p_pred - the probability of the predicted class, 0 to 1
              * correct - BOOLEAN; rows where it or p_pred is NULL do not count
              * bins - number of bins, a constant from 1 to 100; default 15
              """,
              """
              > SELECT epoch, _FUNC_(p_pred, correct) FROM predictions('logs') GROUP BY run_id, split, phase, epoch;
               1  0.034
              """,
              SqlFunctions::ece));

  private SqlFunctions() {}

  private static String overSamples(String function, String result) {
    return """
        > WITH samples AS (
            SELECT run_id, sample_id, learning_history(epoch, correct) AS history
            FROM predictions('logs') WHERE split = 'test' GROUP BY run_id, sample_id)
          SELECT run_id, %s(history, 20) FROM samples GROUP BY run_id;
         fer-1 %s
        """
        .formatted(function, result);
  }

  private static Expression learningHistory(FunctionArguments arguments) {
    int epochs = arguments.constant(2, Long.SIZE, 1, MOST_EPOCHS);
    Column correct = arguments.truth(1);
    Column epoch =
        invoke(
            RowChecks.class,
            "requireEpoch",
            DataTypes.LongType,
            false,
            coalesce(arguments.number(0).cast("bigint"), lit(0L)),
            lit(epochs));
    List<Column> words = new ArrayList<>();
    for (int word = 0; word * Long.SIZE < epochs; word++) {
      Column bit = bit(epoch, word);
      words.add(
          struct(
              lit(word).as("word"),
              bits(when(correct, bit)).as("correct"),
              bits(when(correct.isNotNull(), bit)).as("judged")));
    }
    return array(words.toArray(Column[]::new)).expr();
  }

  /** The bit of an epoch in one word, 0 where it has none. */
  private static Column bit(Column epoch, int word) {
    Column index = epoch.minus(1L + (long) word * Long.SIZE);
    return when(
            index.between(0L, Long.SIZE - 1L),
            call_function("shiftleft", lit(1L), index.cast("int")))
        .otherwise(0L);
  }

  private static Column bits(Column bit) {
    return coalesce(new Column(new BitOrAgg(bit.expr()).toAggregateExpression()), lit(0L));
  }

  private static Expression epochBitmap(FunctionArguments arguments) {
    Column bit = bit(arguments.number(0).cast("bigint"), arguments.constant(2, 0, 0, MOST_WORDS));
    return new BitOrAgg(when(arguments.truth(1), bit).otherwise(0L).expr());
  }

  private static Expression ofHistory(
      String function, DataType type, boolean nullable, FunctionArguments arguments) {
    return invoke(LearningHistory.class, function, type, nullable, arguments.history(0)).expr();
  }

  private static Column atEpoch(
      String function, DataType type, boolean nullable, FunctionArguments arguments) {
    return invoke(
        LearningHistory.class,
        function,
        type,
        nullable,
        arguments.history(0),
        arguments.number(1).cast("int"));
  }

  private static Expression marginStatistics(FunctionArguments arguments) {
    Column margin = arguments.number(0).cast("double");
    return struct(
            count(margin).as("samples"),
            ExactMean.of(margin).as("mean"),
            min(margin).as("lowest"),
            max(margin).as("highest"),
            ratio(count(when(margin.lt(0), 1)), count(margin)).as("below_zero"))
        .expr();
  }

  private static Expression ece(FunctionArguments arguments) {
    int bins = arguments.constant(2, 15, 1, MOST_BINS);
    Column correct = arguments.truth(1);
    Column confidence =
        invoke(
            RowChecks.class,
            "requireProbability",
            DataTypes.DoubleType,
            false,
            arguments.number(0).cast("double"));
    Column bin = greatest(ceil(confidence.multiply(bins)), lit(1L));
    Column gap =
        round(when(correct, 1.0).otherwise(0.0).minus(confidence).multiply(ECE_UNIT))
            .cast("bigint");
    Column counted = correct.isNotNull();
    Column total = lit(0.0);
    for (int i = 1; i <= bins; i++) {
      Column ofBin = sum(when(counted.and(bin.equalTo(i)), gap).otherwise(0L));
      total = total.plus(abs(ofBin).cast("double"));
    }
    Column rows = count(when(counted.and(confidence.isNotNull()), 1));
    return when(rows.gt(0), total.divide(ECE_UNIT).divide(rows.cast("double"))).expr();
  }

  private static Column ratio(Column part, Column all) {
    return when(all.gt(0), part.cast("double").divide(all.cast("double")));
  }

  private static Column invoke(
      Class<?> in, String function, DataType type, boolean nullable, Column... arguments) {
    return new Column(
        new StaticInvoke(
            in,
            type,
            function,
            JavaConverters.asScalaBuffer(Arrays.stream(arguments).map(Column::expr).toList())
                .toList(),
            JavaConverters.asScalaBuffer(List.<AbstractDataType>of()).toList(),
            true,
            nullable,
            true));
  }
}
