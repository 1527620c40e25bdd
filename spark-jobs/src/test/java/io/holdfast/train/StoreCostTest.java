package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** `holdfast benchmark store` and `holdfast benchmark averaging`, small. */
class StoreCostTest extends LocalSpark {
  @TempDir Path folder;

  @Test
  void measuresAStoreOfGeneratedOutputs() {
    spark();
    CommandRun run = store("--conf", "store.precision=half", "--conf", "train.workers=3");
    assertThat(run.exitCode()).as(run.err()).isZero();
    // 10 classes and the flag of 2 bytes each, an id of 8; three headers.
    assertThat(run.out()).contains("| 1,000 | 10 | 30 | 0.000 |");
    assertThat(folder.resolve("store/runs/store/checkpoints/epoch-00002/behaviours-00002.bin"))
        .hasSize(32 + 334 * 30);
    assertThat(folder.resolve("store/runs/store/commits/epoch-00001.json")).exists();
  }

  @Test
  void refusesWhatHasNoStore() {
    spark();
    CommandRun run = store("--conf", "method=std");
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("Method std keeps nothing per sample");
    assertThat(folder.resolve("store")).doesNotExist();
  }

  @Test
  void measuresRounds() {
    spark();
    CommandRun run =
        CommandRun.of("benchmark", "averaging", "--values", "1000", "--workers", "1,3");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("| 1,000 | 1 |").contains("| 1,000 | 3 |");
  }

  private CommandRun store(String... options) {
    String[] line = {"benchmark", "store", "--samples", "1000", "--classes", "10", "--out", ""};
    line[7] = folder.resolve("store").toString();
    String[] all = Arrays.copyOf(line, line.length + options.length);
    System.arraycopy(options, 0, all, line.length, options.length);
    return CommandRun.of(all);
  }
}
