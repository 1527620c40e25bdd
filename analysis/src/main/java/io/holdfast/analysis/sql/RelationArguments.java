package io.holdfast.analysis.sql;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedArgumentExpression;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The arguments of a relation in a query, by their place or by their name.
 *
 * @param log the prediction log
 * @param filter which part of it
 */
record RelationArguments(LogRoot log, LogFilter filter) {
  private static final List<String> NAMES = List.of("log", "as_of", "run_ids", "first_epoch");

  static RelationArguments of(String relation, List<Expression> arguments) {
    Map<String, Object> values = new HashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      boolean named = arguments.get(i) instanceof NamedArgumentExpression;
      Expression value =
          named ? ((NamedArgumentExpression) arguments.get(i)).value() : arguments.get(i);
      String name =
          named
              ? ((NamedArgumentExpression) arguments.get(i)).key().toLowerCase(Locale.ROOT)
              : i < NAMES.size() ? NAMES.get(i) : String.valueOf(i + 1);
      if (!NAMES.contains(name)) {
        throw refused(relation, "unknown argument " + name + ", expected " + NAMES);
      }
      if (!value.foldable()) {
        throw refused(relation, name + " is " + value.sql() + ", expected a constant");
      }
      if (values.containsKey(name)) {
        throw refused(relation, name + " is given twice, expected once");
      }
      values.put(name, value.eval(InternalRow.empty()));
    }
    String log = text(relation, "log", values);
    if (log == null) {
      throw refused(relation, "no log, expected the directory of a prediction log: 'DIR'");
    }
    String runIds = text(relation, "run_ids", values);
    Integer firstEpoch = number(relation, "first_epoch", values);
    return new RelationArguments(
        new LogRoot(log),
        new LogFilter(
            runIds == null ? List.of() : List.of(runIds.split(",", -1)),
            List.of(),
            null,
            number(relation, "as_of", values),
            firstEpoch == null ? 1 : firstEpoch));
  }

  private static String text(String relation, String name, Map<String, Object> values) {
    Object value = values.get(name);
    if (value != null && !(value instanceof UTF8String)) {
      throw refused(relation, name + " is " + value + ", expected a STRING");
    }
    return value == null ? null : value.toString();
  }

  private static Integer number(String relation, String name, Map<String, Object> values) {
    Object value = values.get(name);
    if (value != null && !(value instanceof Integer)) {
      throw refused(relation, name + " is " + value + ", expected an INT");
    }
    return (Integer) value;
  }

  private static HoldfastException refused(String relation, String what) {
    return new HoldfastException(
        ExitCode.BAD_INPUT,
        relation + ": " + what + "; see DESCRIBE FUNCTION EXTENDED " + relation);
  }
}
