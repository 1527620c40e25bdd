package io.holdfast.analysis.sql;

import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * The first rows of what a statement found.
 *
 * @param sql the statement
 * @param columns names of the columns
 * @param numeric whether each column holds numbers
 * @param texts the rows, a text for each column; null for NULL
 * @param rows the same rows as JSON objects
 * @param complete whether these are all rows
 */
@JsonIncludeProperties({"sql", "columns", "rows", "complete"})
public record SqlResult(
    @JsonProperty("sql") String sql,
    @JsonProperty("columns") List<String> columns,
    List<Boolean> numeric,
    List<String[]> texts,
    @JsonProperty("rows") List<JsonNode> rows,
    @JsonProperty("complete") boolean complete) {

  /** Copies the lists. */
  public SqlResult {
    columns = List.copyOf(columns);
    numeric = List.copyOf(numeric);
    texts = List.copyOf(texts);
    rows = List.copyOf(rows);
  }
}
