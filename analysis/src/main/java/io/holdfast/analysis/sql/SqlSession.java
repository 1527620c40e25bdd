package io.holdfast.analysis.sql;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_csv;
import static org.apache.spark.sql.functions.to_json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import io.holdfast.analysis.reading.PredictionLog;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Answers SQL over one prediction log, whose relations are views, and over others by table
 * functions. Statements that do more than read are refused; what Spark itself refuses is told in
 * one line.
 */
public final class SqlSession {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SparkSession spark;
  private final PredictionLog log;
  private final Set<LogRelation> views = new HashSet<>();

  private SqlSession(SparkSession spark, PredictionLog log) {
    this.spark = spark;
    this.log = log;
  }

  /**
   * Opens a log. The Spark session gets Holdfast's functions now, and a temporary view for each
   * relation when a statement first names it: Spark resolves a view when it is made, and that of
   * all of them takes longer than most answers.
   *
   * @param spark the session to run in
   * @param log the log
   * @param filter which part of it
   * @return the session
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the log or a run is unknown,
   *     with {@link ExitCode#BAD_LOG} where its files are not as they must be
   */
  public static SqlSession open(SparkSession spark, LogRoot log, LogFilter filter) {
    HoldfastExtensions.register(spark);
    return new SqlSession(spark, PredictionLog.open(spark, log, filter));
  }

  /**
   * Splits text into statements.
   *
   * @param text statements separated by semicolons, with comments
   * @return the statements; empty where there is none
   */
  public static List<String> statements(String text) {
    return Statements.split(text);
  }

  /**
   * Runs a statement and keeps its first rows.
   *
   * @param statement one statement
   * @param most how many rows to keep, 1 or more
   * @return the rows
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the statement cannot be
   *     understood or does more than read, with {@link ExitCode#BAD_LOG} where the log is not
   *     complete
   */
  public SqlResult first(String statement, int most) {
    Dataset<Row> answer = answer(statement);
    List<String> columns = Arrays.asList(answer.columns());
    List<Row> found =
        refusals(
            () ->
                answer
                    .toDF(places(columns.size()))
                    .limit(most + 1)
                    .select(array(texts(columns.size())), json(columns))
                    .collectAsList());
    List<Row> kept = found.subList(0, Math.min(most, found.size()));
    return new SqlResult(
        statement,
        columns,
        Stream.of(answer.schema().fields())
            .map(StructField::dataType)
            .map(NumericType.class::isInstance)
            .toList(),
        kept.stream().map(row -> row.<String>getList(0).toArray(String[]::new)).toList(),
        kept.stream().map(row -> parsed(row.getString(1))).toList(),
        kept.size() == found.size());
  }

  /**
   * Runs a statement and hands on all its rows as lines of CSV, the first with the names of the
   * columns.
   *
   * @param statement one statement
   * @param lines what takes each line
   * @throws HoldfastException as {@link #first} does
   */
  public void csv(String statement, Consumer<String> lines) {
    Dataset<Row> answer = answer(statement);
    List<String> columns = Arrays.asList(answer.columns());
    String[] places = places(columns.size());
    StructType text = new StructType();
    for (String place : places) {
      text = text.add(place, "string");
    }
    Dataset<Row> heading =
        spark.createDataFrame(List.of(RowFactory.create(columns.toArray())), text);
    stream(heading.select(to_csv(struct(texts(places.length)))), lines);
    stream(answer.toDF(places).select(to_csv(struct(texts(places.length)))), lines);
  }

  /**
   * Runs a statement and hands on all its rows as JSON objects.
   *
   * @param statement one statement
   * @param lines what takes each object
   * @throws HoldfastException as {@link #first} does
   */
  public void json(String statement, Consumer<String> lines) {
    Dataset<Row> answer = answer(statement);
    List<String> columns = Arrays.asList(answer.columns());
    stream(answer.toDF(places(columns.size())).select(json(columns)), lines);
  }

  private static void stream(Dataset<Row> texts, Consumer<String> lines) {
    refusals(
        () -> {
          for (Iterator<Row> rows = texts.toLocalIterator(); rows.hasNext(); ) {
            lines.accept(rows.next().getString(0));
          }
          return null;
        });
  }

  /** Names that no two columns share. */
  private static String[] places(int columns) {
    String[] places = new String[columns];
    Arrays.setAll(places, i -> "c" + i);
    return places;
  }

  private static Column[] texts(int columns) {
    return Stream.of(places(columns))
        .map(place -> col(place).cast("string"))
        .toArray(Column[]::new);
  }

  private static Column json(List<String> columns) {
    Column[] named = new Column[columns.size()];
    Arrays.setAll(named, i -> col("c" + i).as(columns.get(i)));
    return to_json(struct(named), Map.of("ignoreNullFields", "false"));
  }

  private static JsonNode parsed(String object) {
    try {
      return JSON.readTree(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Spark wrote " + object + ", expected JSON", e);
    }
  }

  /** What a statement answers, not computed yet. */
  Dataset<Row> answer(String statement) {
    return refusals(
        () -> {
          Statements.requireReading(
              spark.sessionState().sqlParser().parsePlan(statement), statement);
          makeViews(statement);
          return spark.sql(statement);
        });
  }

  /** Of what the statement names, and of everything for one that lists names. */
  private void makeViews(String statement) {
    String text = statement.toLowerCase(Locale.ROOT);
    boolean lists = text.contains("show");
    for (LogRelation relation : LogRelations.ALL) {
      if ((lists || text.contains(relation.name())) && views.add(relation)) {
        relation.rows().apply(log).createOrReplaceTempView(relation.name());
      }
    }
  }

  /** What may fail in Spark's own way. */
  private interface Work<T> {
    T run() throws ParseException, AnalysisException;
  }

  private static <T> T refusals(Work<T> work) {
    try {
      return work.run();
    } catch (RefusedQuery e) {
      throw e.refusal();
    } catch (ParseException e) {
      throw refused(e.getMessage().split("== SQL", 2)[0], e);
    } catch (AnalysisException e) {
      throw unknown(e);
    }
  }

  private static HoldfastException unknown(AnalysisException e) {
    String errorClass = String.valueOf(e.getErrorClass());
    Map<String, String> parameters = e.getMessageParameters();
    return switch (errorClass) {
      case "TABLE_OR_VIEW_NOT_FOUND" ->
          refused("Unknown relation: " + nearest(parameters.get("relationName")), e);
      case "UNRESOLVABLE_TABLE_VALUED_FUNCTION" ->
          refused("Unknown relation: " + nearest(parameters.get("name")), e);
      default -> refused(e.getSimpleMessage(), e);
    };
  }

  private static String nearest(String quoted) {
    String asked = String.valueOf(quoted).replace("`", "");
    UTF8String lower = UTF8String.fromString(asked.toLowerCase(Locale.ROOT));
    List<String> names = new ArrayList<>(LogRelations.ALL.stream().map(LogRelation::name).toList());
    names.sort(
        Comparator.comparingInt(name -> lower.levenshteinDistance(UTF8String.fromString(name))));
    return "'" + asked + "', expected one of " + String.join(", ", names);
  }

  private static HoldfastException refused(String message, Exception cause) {
    return new HoldfastException(
        ExitCode.BAD_INPUT, message.strip().replaceAll("\\s*\\R\\s*", " "), cause);
  }
}
