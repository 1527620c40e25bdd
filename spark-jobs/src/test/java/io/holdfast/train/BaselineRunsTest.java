package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.TestData;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Methods with a teacher, a peer, a partner, drawn labels or coupled samples, from the command
 * line.
 */
class BaselineRunsTest extends DigitsRuns {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kd kd.teacher=fer kd.teacher_epoch=2",
        "sd sd.generations=3",
        "cs-kd",
        "dml",
        "disturblabel disturblabel.rate=0.3"
      })
  void trainsAndLogsALossPerSample(String methodAndOptions) {
    String[] words = methodAndOptions.split(" ");
    words[0] = "method=" + words[0];
    String runId = words[0].substring("method=".length());
    train(runId, TestData.digits(), words);
    List<Row> rows = logged("predictions", runId, "train", EPOCHS);
    assertThat(rows).isNotEmpty().allMatch(row -> !row.isNullAt(row.fieldIndex("loss")));
    assertThat(right(rows)).isGreaterThan(0.8);
  }

  @Test
  void aLossThatCouplesSamplesIsLoggedAsNullAndReportedAsAMean() {
    String out =
        done(CommandRun.of(command("pc", "method=pc", "pc.lambda=0.1").toArray(String[]::new)));
    assertThat(out).doesNotContain("NaN");
    List<Row> rows = logged("predictions", "pc", "train", EPOCHS);
    assertThat(rows).isNotEmpty().allMatch(row -> row.isNullAt(row.fieldIndex("loss")));
    assertThat(right(rows)).isGreaterThan(0.8);
  }

  @Test
  void distillationWithoutATeacherIsRefused() {
    assertRefused(
        3,
        List.of("Missing key: kd.teacher (expected the id of a run)"),
        () -> CommandRun.of(command("alone", "method=kd").toArray(String[]::new)));
    assertRefused(
        3,
        List.of("nobody"),
        () ->
            CommandRun.of(
                command("alone", "method=kd", "kd.teacher=nobody").toArray(String[]::new)));
  }

  private static List<String> command(String runId, String... keys) {
    List<String> line =
        new ArrayList<>(
            List.of("train", "--data", TestData.digits(), "--out", log(), "--run-id", runId));
    for (String key : keys) {
      line.addAll(List.of("--conf", key));
    }
    for (String key : List.of("model.hidden=32", "train.epochs=" + EPOCHS, "train.workers=2")) {
      line.addAll(List.of("--conf", key));
    }
    return line;
  }

  private static double right(List<Row> rows) {
    return rows.stream().filter(row -> row.getBoolean(row.fieldIndex("correct"))).count()
        / (double) rows.size();
  }
}
