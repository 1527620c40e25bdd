package io.holdfast.train;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * A log with a short run {@code fer} on the digits, for tests that only read it or add scorings.
 */
abstract class DigitsRuns extends LocalSpark {
  static final int EPOCHS = 3;
  static final int CLASSES = 10;

  @TempDir static Path folder;

  @BeforeAll
  static void trainFer() {
    train("fer", TestData.digits(), "method=fer");
  }

  static String log() {
    return folder.resolve("log").toString();
  }

  static void train(String runId, String data, String... keys) {
    List<String> line =
        new ArrayList<>(List.of("train", "--data", data, "--out", log(), "--run-id", runId));
    for (String key :
        new String[] {"model.hidden=32", "train.epochs=" + EPOCHS, "train.workers=2"}) {
      line.addAll(List.of("--conf", key));
    }
    for (String key : keys) {
      line.addAll(List.of("--conf", key));
    }
    done(CommandRun.of(line.toArray(String[]::new)));
  }

  /** Runs a command on the log, with the options that every one of them has. */
  static CommandRun onLog(String command, String runId, Object... options) {
    List<String> line = new ArrayList<>(List.of(command, "--out", log(), "--run-id", runId));
    Arrays.stream(options).map(Object::toString).forEach(line::add);
    return CommandRun.of(line.toArray(String[]::new));
  }

  static String done(CommandRun run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    return run.out();
  }

  /** Refused with one line that says all this, and the log is as it was. */
  static void assertRefused(int exitCode, List<String> said, Supplier<CommandRun> command) {
    List<String> before = files();
    CommandRun run = command.get();
    assertThat(run.err().lines()).as(run.err()).hasSize(exitCode == 2 ? 2 : 1);
    assertThat(run.err()).startsWith("holdfast: ").contains(said);
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(files()).isEqualTo(before);
  }

  /** Every file below the folder with its length. */
  static List<String> files() {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.map(path -> path + " " + path.toFile().length()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Rows of one epoch in a table of the log, by sample id, without the split's name. */
  static List<Row> logged(String table, String runId, String split, int epoch) {
    return rows(table, runId, split, epoch).drop("split").collectAsList();
  }

  static Dataset<Row> rows(String table, String runId, String split, int epoch) {
    return spark()
        .read()
        .parquet(log() + "/" + table)
        .where(
            col("run_id")
                .equalTo(runId)
                .and(col("split").equalTo(split))
                .and(col("epoch").equalTo(epoch)))
        .orderBy("sample_id");
  }

  static float[] floats(Row row, String column) {
    List<Float> values = row.getList(row.fieldIndex(column));
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }
}
