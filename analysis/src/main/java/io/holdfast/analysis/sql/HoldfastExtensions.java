package io.holdfast.analysis.sql;

import io.holdfast.analysis.failure.HoldfastException;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry;
import org.apache.spark.sql.catalyst.analysis.FunctionRegistryBase;
import org.apache.spark.sql.catalyst.analysis.TableFunctionRegistry;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import scala.Function1;
import scala.Option;
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
   * Adds functions and relations to a session that exists, where it lacks them.
   *
   * @param spark the session
   */
  public static void register(SparkSession spark) {
    FunctionRegistry functions = spark.sessionState().functionRegistry();
    for (SqlFunction function : SqlFunctions.ALL) {
      add(functions, function.name(), function.info(), builder(function::expression));
    }
    TableFunctionRegistry relations = spark.sessionState().tableFunctionRegistry();
    for (LogRelation relation : LogRelations.ALL) {
      add(relations, relation.name(), relation.info(), builder(relation::plan));
    }
  }

  private static <T> void add(
      FunctionRegistryBase<T> registry,
      String name,
      ExpressionInfo info,
      Function1<Seq<Expression>, T> builder) {
    FunctionIdentifier identifier = new FunctionIdentifier(name);
    Option<ExpressionInfo> found = registry.lookupFunction(identifier);
    if (found.isEmpty() || !found.get().getClassName().equals(info.getClassName())) {
      registry.registerFunction(identifier, info, builder);
    }
  }

  private static <T> Function1<Seq<Expression>, T> builder(Function<List<Expression>, T> build) {
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
