package io.holdfast.analysis.sql;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.Token;
import org.apache.spark.sql.catalyst.analysis.UnresolvedFunction;
import org.apache.spark.sql.catalyst.analysis.UnresolvedRelation;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.PlanExpression;
import org.apache.spark.sql.catalyst.parser.SqlBaseLexer;
import org.apache.spark.sql.catalyst.parser.UpperCaseCharStream;
import org.apache.spark.sql.catalyst.plans.QueryPlan;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.command.DescribeQueryCommand;
import org.apache.spark.sql.execution.command.ExplainCommand;
import org.apache.spark.sql.execution.command.SetCommand;
import scala.collection.JavaConverters;

/**
 * Splits SQL text into statements, and lets pass those that only read. What may pass is listed:
 * everything else that Spark parses, now or in a later version, is refused.
 */
final class Statements {
  private static final Set<String> QUERY_NODES =
      Set.of(
          "Aggregate",
          "Distinct",
          "Except",
          "Filter",
          "Generate",
          "GlobalLimit",
          "Intersect",
          "Join",
          "LateralJoin",
          "LocalLimit",
          "LocalRelation",
          "Offset",
          "OneRowRelation",
          "Pivot",
          "Project",
          "RebalancePartitions",
          "Repartition",
          "RepartitionByExpression",
          "Sample",
          "Sort",
          "SubqueryAlias",
          "Union",
          "Unpivot",
          "UnresolvedHaving",
          "UnresolvedHint",
          "UnresolvedInlineTable",
          "UnresolvedRelation",
          "UnresolvedSubqueryColumnAliases",
          "UnresolvedTVFAliases",
          "UnresolvedTableValuedFunction",
          "UnresolvedWith",
          "Window",
          "WithWindowDefinition");

  private static final Set<String> READING_COMMANDS =
      Set.of(
          "DescribeColumn",
          "DescribeFunction",
          "DescribeRelation",
          "ShowColumns",
          "ShowFunctions",
          "ShowTables",
          "ShowViews");

  /** They call any static method of any class, or name functions and tables by text. */
  private static final Set<String> REFUSED_FUNCTIONS =
      Set.of("reflect", "java_method", "try_reflect");

  private static final Set<String> REFUSED_EXPRESSIONS =
      Set.of("ExpressionWithUnresolvedIdentifier", "CallMethodViaReflection");

  private static final Set<String> SETTINGS =
      Set.of(
          "spark.sql.adaptive.enabled",
          "spark.sql.ansi.enabled",
          "spark.sql.autoBroadcastJoinThreshold",
          "spark.sql.session.timeZone",
          "spark.sql.shuffle.partitions");

  private static final String EXPECTED =
      "expected SELECT, WITH, VALUES, DESCRIBE, SHOW TABLES, SHOW FUNCTIONS, EXPLAIN or SET of "
          + String.join(", ", SETTINGS.stream().sorted().toList());

  private Statements() {}

  /** The statements between semicolons that stand outside quotes and comments. */
  static List<String> split(String text) {
    SqlBaseLexer lexer = new SqlBaseLexer(new UpperCaseCharStream(CharStreams.fromString(text)));
    lexer.removeErrorListeners();
    List<String> statements = new ArrayList<>();
    int from = 0;
    boolean empty = true;
    int[] offsets = text.codePoints().toArray();
    for (Token token = lexer.nextToken(); ; token = lexer.nextToken()) {
      boolean end = token.getType() == Token.EOF;
      if (end || token.getType() == SqlBaseLexer.SEMICOLON) {
        int to = end ? offsets.length : token.getStartIndex();
        if (!empty) {
          statements.add(new String(offsets, from, to - from).strip());
        }
        if (end) {
          return statements;
        }
        from = token.getStopIndex() + 1;
        empty = true;
      } else {
        empty &= token.getChannel() != Token.DEFAULT_CHANNEL;
      }
    }
  }

  /**
   * Refuses what does more than read.
   *
   * @param plan a statement as parsed
   * @param text the statement
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT}
   */
  static void requireReading(LogicalPlan plan, String text) {
    String node = plan.getClass().getSimpleName().replace("$", "");
    if (plan instanceof ExplainCommand explain) {
      requireReading(explain.logicalPlan(), text);
    } else if (plan instanceof DescribeQueryCommand describe) {
      requireReading(describe.plan(), text);
    } else if (plan instanceof SetCommand set) {
      if (set.kv().isEmpty() || !SETTINGS.contains(set.kv().get()._1())) {
        throw refused(text, EXPECTED);
      }
    } else if (!READING_COMMANDS.contains(node)) {
      requireQuery(plan, text);
    }
  }

  private static void requireQuery(QueryPlan<?> plan, String text) {
    String node = plan.getClass().getSimpleName().replace("$", "");
    if (!QUERY_NODES.contains(node)) {
      throw refused(text, EXPECTED);
    }
    if (plan instanceof UnresolvedRelation relation && relation.multipartIdentifier().size() > 1) {
      throw refused(
          text,
          "expected one of the relations, or one of another log: predictions('DIR'), not "
              + relation.name());
    }
    for (Object child : JavaConverters.seqAsJavaList(plan.children())) {
      requireQuery((QueryPlan<?>) child, text);
    }
    for (QueryPlan<?> inner : JavaConverters.seqAsJavaList(plan.innerChildren())) {
      requireQuery(inner, text);
    }
    for (Expression expression : JavaConverters.seqAsJavaList(plan.expressions())) {
      requireHarmless(expression, text);
    }
  }

  private static void requireHarmless(Expression expression, String text) {
    if (REFUSED_EXPRESSIONS.contains(expression.getClass().getSimpleName())) {
      throw refused(text, "expected names of functions and columns that are written out");
    }
    if (expression instanceof UnresolvedFunction function) {
      String name = function.nameParts().last().toLowerCase(Locale.ROOT);
      if (REFUSED_FUNCTIONS.contains(name)) {
        throw refused(text, "expected no call of " + name + ", which runs methods of any class");
      }
    }
    if (expression instanceof PlanExpression<?> subquery) {
      requireQuery(subquery.plan(), text);
    }
    for (Expression child : JavaConverters.seqAsJavaList(expression.children())) {
      requireHarmless(child, text);
    }
  }

  private static HoldfastException refused(String text, String expected) {
    int shown = 60;
    String start = text.strip().replaceAll("\\s+", " ");
    return new HoldfastException(
        ExitCode.BAD_INPUT,
        "holdfast sql only reads: '"
            + (start.length() > shown ? start.substring(0, shown) + "..." : start)
            + "', "
            + expected);
  }
}
