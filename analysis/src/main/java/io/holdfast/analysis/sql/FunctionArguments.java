package io.holdfast.analysis.sql;

import io.holdfast.analysis.dynamics.LearningHistory;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.NumericType;

/**
 * The arguments of one call, checked for their types.
 *
 * @param function the name of the function
 * @param given the arguments
 */
record FunctionArguments(String function, List<Expression> given) {
  private static final String HISTORY = LearningHistory.TYPE.replace(": ", ":").replace(", ", ",");

  /** A number. */
  Column number(int index) {
    return of(index, NumericType.class, "a number");
  }

  /** True, false or NULL. */
  Column truth(int index) {
    return of(index, BooleanType.class, "BOOLEAN");
  }

  /** What learning_history makes. */
  Column history(int index) {
    if (!given.get(index).dataType().catalogString().equals(HISTORY)) {
      throw refused(index, "a history as learning_history(epoch, correct) makes it");
    }
    return new Column(given.get(index));
  }

  /** A whole number that is the same for every row. */
  int constant(int index, int absent, int least, int most) {
    if (index >= given.size()) {
      return absent;
    }
    Expression argument = given.get(index);
    Object value = argument.foldable() ? argument.eval(InternalRow.empty()) : null;
    boolean whole = value instanceof Integer || value instanceof Long || value instanceof Short;
    if (!whole || ((Number) value).longValue() < least || ((Number) value).longValue() > most) {
      throw refused(index, "a constant from " + least + " to " + most);
    }
    return ((Number) value).intValue();
  }

  private Column of(int index, Class<? extends DataType> type, String expected) {
    DataType found = given.get(index).dataType();
    if (!type.isInstance(found) && !(found instanceof NullType)) {
      throw refused(index, expected);
    }
    return new Column(given.get(index));
  }

  private HoldfastException refused(int index, String expected) {
    Expression argument = given.get(index);
    return new HoldfastException(
        ExitCode.BAD_INPUT,
        function
            + ": argument "
            + (index + 1)
            + " is "
            + argument.sql()
            + " of type "
            + argument.dataType().sql()
            + ", expected "
            + expected
            + "; see DESCRIBE FUNCTION EXTENDED "
            + function);
  }
}
