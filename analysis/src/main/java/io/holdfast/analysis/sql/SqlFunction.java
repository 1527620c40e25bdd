package io.holdfast.analysis.sql;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;

/**
 * A function: what {@code DESCRIBE FUNCTION EXTENDED} tells, and the tree of Spark's own
 * expressions that a call becomes.
 *
 * @param name the name
 * @param fewest the fewest arguments
 * @param most the most arguments
 * @param info the description
 * @param build makes the expression
 */
record SqlFunction(
    String name,
    int fewest,
    int most,
    ExpressionInfo info,
    Function<FunctionArguments, Expression> build) {

  /** Describes and builds. */
  static SqlFunction of(
      String name,
      int fewest,
      int most,
      String usage,
      String arguments,
      String examples,
      Function<FunctionArguments, Expression> build) {
    return new SqlFunction(name, fewest, most, describe(name, usage, arguments, examples), build);
  }

  /** A description as Spark wants it laid out. */
  static ExpressionInfo describe(String name, String usage, String arguments, String examples) {
    return new ExpressionInfo(
        HoldfastExtensions.class.getName(),
        null,
        name,
        usage,
        "\n    Arguments:\n" + arguments.indent(6),
        "\n    Examples:\n" + examples.indent(6),
        "",
        "",
        "",
        "",
        "");
  }

  /** The expression of a call. */
  Expression expression(List<Expression> arguments) {
    if (arguments.size() < fewest || arguments.size() > most) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          name
              + ": "
              + arguments.size()
              + " arguments, expected "
              + (fewest == most ? String.valueOf(fewest) : fewest + " to " + most)
              + "; see DESCRIBE FUNCTION EXTENDED "
              + name);
    }
    return build.apply(new FunctionArguments(name, arguments));
  }
}
