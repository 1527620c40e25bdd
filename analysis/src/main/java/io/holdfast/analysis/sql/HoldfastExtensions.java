package io.holdfast.analysis.sql;

import io.holdfast.analysis.failure.HoldfastException;
import java.util.function.Function;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import scala.Function1;
import scala.Tuple3;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Adds Holdfast's functions and relations to Spark SQL: {@code spark-sql --jars
 * holdfast-analysis.jar --conf spark.sql.extensions=io.holdfast.analysis.sql.HoldfastExtensions}.
 * They are listed in {@code docs/sql.md} and described by {@code DESCRIBE FUNCTION EXTENDED}.
 */
public final class HoldfastExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {

  /** Called by Spark. */
  public HoldfastExtensions() {}

  /**
   * Adds functions and relations to sessions that are still to be made.
   *
   * @param extensions what such sessions have
   * @return nothing
   */
  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    for (SqlFunction function : SqlFunctions.ALL) {
      extensions.injectFunction(
          new Tuple3<>(
              new FunctionIdentifier(function.name()),
              function.info(),
              builder(function::expression)));
    }
    for (LogRelation relation : LogRelations.ALL) {
      extensions.injectTableFunction(
          new Tuple3<>(
              new FunctionIdentifier(relation.name()), relation.info(), builder(relation::plan)));
    }
    return BoxedUnit.UNIT;
  }

  /**
   * Adds functions and relations to a session that exists.
   *
   * @param spark the session
   */
  public static void register(SparkSession spark) {
    for (SqlFunction function : SqlFunctions.ALL) {
      spark
          .sessionState()
          .functionRegistry()
          .registerFunction(
              new FunctionIdentifier(function.name()),
              function.info(),
              builder(function::expression));
    }
    for (LogRelation relation : LogRelations.ALL) {
      spark
          .sessionState()
          .tableFunctionRegistry()
          .registerFunction(
              new FunctionIdentifier(relation.name()), relation.info(), builder(relation::plan));
    }
  }

  private static <T> Function1<Seq<Expression>, T> builder(
      Function<java.util.List<Expression>, T> build) {
    return new AbstractFunction1<>() {
      @Override
      public T apply(Seq<Expression> arguments) {
        try {
          return build.apply(JavaConverters.seqAsJavaList(arguments));
        } catch (HoldfastException e) {
          throw RefusedQuery.<RuntimeException>sneak(new RefusedQuery(e));
        }
      }
    };
  }
}
