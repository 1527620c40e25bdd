package io.holdfast.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.analysis.GoldFiles;
import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class DynamicsGoldTest {
  private static final double TOLERANCE = 1e-9;

  @TempDir Path directory;

  @TestFactory
  List<DynamicTest> flip() throws IOException {
    return GoldFiles.tests("metrics.json", "flip", this::checkFlip);
  }

  @TestFactory
  List<DynamicTest> forgetting() throws IOException {
    return GoldFiles.tests("metrics.json", "forgetting", this::checkForgetting);
  }

  private Path out;

  private AnalyzeResult analyze(boolean[][] correct) {
    try (ForeignLog log = new ForeignLog()) {
      Path root = Files.createTempDirectory(directory, "log");
      out = root.resolve("out");
      log.add("gold", "test", LogPart.EVAL, correct);
      log.write(root);
      return new AnalyzeJob(
              LocalSpark.open(),
              new AnalyzeOptions(
                  new LogRoot(root.toString()),
                  List.of(),
                  List.of(),
                  Selection.LAST,
                  out.toString(),
                  SimilarityOptions.DEFAULT))
          .execute();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean[][] correct(JsonNode gold) {
    double[][] values = GoldFiles.matrix(gold.get("correct"));
    boolean[][] correct = new boolean[values.length][values[0].length];
    for (int e = 0; e < values.length; e++) {
      for (int i = 0; i < values[e].length; i++) {
        correct[e][i] = values[e][i] != 0;
      }
    }
    return correct;
  }

  private void checkFlip(JsonNode gold) {
    boolean[][] correct = correct(gold);
    EpochMetrics last = analyze(correct).comparison().get(0).selected();
    JsonNode expected = gold.get("out");
    assertThat(last.epoch()).isEqualTo(correct.length);
    assertThat(last.wfs()).isEqualTo(expected.get("wfs").asLong());
    assertThat(last.wrong()).isEqualTo(expected.get("mts").asLong());
    assertThat(last.samples()).isEqualTo(expected.get("ts").asLong());
    assertThat(last.fe()).isCloseTo(expected.get("FE").asDouble(), within(TOLERANCE));
    if (expected.get("RFE").isNull()) {
      assertThat(last.rfe()).isNull();
    } else {
      assertThat(last.rfe()).isCloseTo(expected.get("RFE").asDouble(), within(TOLERANCE));
    }
    List<String> flipped =
        query("select sample_id from " + ForeignLog.table(out, "flipped_samples"));
    for (int i = 0; i < correct[0].length; i++) {
      assertThat(flipped.contains(String.valueOf(ForeignLog.id(i))))
          .as("sample %d", i)
          .isEqualTo(GoldFiles.flag(expected.get("wfs_mask").get(i)));
    }
  }

  private void checkForgetting(JsonNode gold) {
    boolean[][] correct = correct(gold);
    analyze(correct);
    JsonNode expected = gold.get("out");
    List<String> rows =
        query(
            "select forgetting_events, ever_correct, ever_correct and forgetting_events = 0, "
                + "first_learned - 1, case when final_correct then last_learned - 1 else epochs end, "
                + "case when ever_correct then forgetting_events else epochs end from "
                + ForeignLog.table(out, "sample_dynamics")
                + " order by sample_id");
    assertThat(rows).hasSize(correct[0].length);
    for (int i = 0; i < rows.size(); i++) {
      String row =
          expected.get("forgetting_events").get(i).asText()
              + " "
              + GoldFiles.flag(expected.get("ever_learned").get(i))
              + " "
              + GoldFiles.flag(expected.get("unforgettable").get(i))
              + " "
              + expected.get("first_learned_0based").get(i).asText()
              + " "
              + expected.get("presentations_needed").get(i).asText()
              + " "
              + expected.get("sort_score").get(i).asText();
      assertThat(rows.get(i)).as("sample %d", i).isEqualTo(row);
    }
  }

  private static List<String> query(String sql) {
    try {
      return ForeignLog.rows(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
