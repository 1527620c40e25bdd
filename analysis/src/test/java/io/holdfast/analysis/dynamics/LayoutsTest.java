package io.holdfast.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same rows in files of several forms, with DuckDB as an independent oracle. */
class LayoutsTest {
  private static final int SAMPLES = 300;
  private static final int EPOCHS = 70;

  /** Rows whose probabilities and margins use all bits of a float. */
  private static final String ROWS =
      "select i * 7 sample_id, e::int epoch, (i % 5)::int as label, "
          + "(case when c then i % 5 else (i + 1) % 5 end)::int predicted, c correct, "
          + "(hash(i * 1000 + e) % 4099 / 1031.0)::float loss, "
          + "(case when i = 0 then 0.3 else hash(i * 3000 + e) % 99991 / 99991.0 end)::float p_true, "
          + "(hash(i * 5000 + e) % 99989 / 1009.0 - 40)::float margin "
          + "from (select *, hash(i * 100 + e) % 90 < 20 + e / 2 as c "
          + "from range(SAMPLES) s(i), range(1, LAST + 1) t(e)) where CONDITION order by ORDER";

  @TempDir Path directory;

  private Path log(String name) {
    return directory.resolve(name);
  }

  private void write(Path log, String file, String where, String order) throws Exception {
    Path partition =
        Files.createDirectories(log.resolve("predictions/run_id=r/split=train/phase=train_pass"));
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:")) {
      duckdb
          .createStatement()
          .execute(
              "copy ("
                  + ROWS.replace("SAMPLES", String.valueOf(SAMPLES))
                      .replace("LAST", String.valueOf(EPOCHS))
                      .replace("CONDITION", where)
                      .replace("ORDER", order)
                  + ") to '"
                  + partition.resolve(file)
                  + "' (format parquet, row_group_size 2048)");
    }
  }

  private List<String> analyze(Path log, String query) throws Exception {
    Path out = Files.createTempDirectory(directory, "out");
    new AnalyzeJob(
            LocalSpark.open(),
            new AnalyzeOptions(
                new LogRoot(log.toString()),
                List.of(),
                List.of(),
                Selection.parse("66"),
                out.toString(),
                SimilarityOptions.DEFAULT))
        .execute();
    return ForeignLog.rows(query.replace("OUT", out.toString()));
  }

  private static final String ALL =
      "select * from 'OUT/sample_dynamics/*.parquet' d left join "
          + "'OUT/flipped_samples/*.parquet' f using (sample_id) order by sample_id";

  @Test
  void resultsDoNotDependOnHowRowsLieInFiles() throws Exception {
    Path sorted = log("sorted");
    Path disordered = log("disordered");
    for (int part = 0; part < 3; part++) {
      String where = "i >= " + part * 100 + " and i < " + (part + 1) * 100;
      write(sorted, "part-" + part + ".parquet", where, "i, e");
      write(disordered, "part-" + part + ".parquet", where, "hash(i), e desc");
    }
    Path epochs = log("epochs");
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      write(epochs, "epoch-" + epoch + ".parquet", "e = " + epoch, "hash(i * e)");
    }
    List<String> expected = analyze(sorted, ALL);
    assertThat(expected).hasSize(SAMPLES);
    assertThat(analyze(disordered, ALL)).isEqualTo(expected);
    assertThat(analyze(epochs, ALL)).isEqualTo(expected);
  }

  @Test
  void theDataMapAndTheAreaUnderTheMarginEqualDuckDbs() throws Exception {
    Path log = log("map");
    write(log, "part.parquet", "true", "e, i");
    String oracle =
        "(select sample_id, avg(p_true::double) confidence, stddev_pop(p_true::double) variability, "
            + "avg(correct::int) correctness, avg(margin::double) area, "
            + "count(*) filter (correct) = 0 never, max(epoch) filter (not correct) last_wrong "
            + "from '"
            + log
            + "/*/*/*/*/*.parquet' group by all)";
    List<String> found =
        analyze(
            log,
            "select count(*), max(abs(d.confidence - o.confidence)) < 1e-10, "
                + "max(abs(d.variability - o.variability)) < 1e-9, "
                + "max(abs(d.correctness - o.correctness)) < 1e-12, "
                + "max(abs(d.area_under_margin - o.area)) < 1e-10, "
                + "bool_and(d.never_learned = o.never), "
                + "bool_and(not final_correct or learned = coalesce(o.last_wrong, 0) + 1), "
                + "max(d.variability) filter (d.sample_id = 0) from "
                + "'OUT/sample_dynamics/*.parquet' d join "
                + oracle
                + " o using (sample_id)");
    assertThat(found)
        .as("a constant probability has no variability at all")
        .containsExactly(SAMPLES + " true true true true true true 0.0");
  }
}
