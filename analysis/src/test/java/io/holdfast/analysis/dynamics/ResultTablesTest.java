package io.holdfast.analysis.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultTablesTest {
  @TempDir Path directory;
  private final Configuration conf = new Configuration();

  @BeforeEach
  void makeOldTables() {
    conf.setClass("fs.dying.impl", DyingFileSystem.class, org.apache.hadoop.fs.FileSystem.class);
    conf.setBoolean("fs.dying.impl.disable.cache", true);
    ResultTables tables = write("old");
    tables.publish();
    tables.discard();
  }

  @AfterEach
  void live() {
    DyingFileSystem.live();
  }

  @Test
  void atEveryMomentOfDeathTheNextJobFindsAllTables() throws IOException {
    boolean died = true;
    for (int number = 1; died; number++) {
      ResultTables killed = write("new");
      DyingFileSystem.dieAt("one", number);
      died = false;
      try {
        try {
          killed.publish();
        } finally {
          killed.discard();
        }
      } catch (HoldfastException e) {
        died = true;
      }
      DyingFileSystem.live();
      write("never seen").discard();
      assertThat(names()).containsExactly("one", "two");
      assertThat(Files.readString(directory.resolve("two"))).isIn("old", "new");
    }
    assertThat(directory.resolve("one")).hasContent("new");
    assertThat(directory.resolve("two")).hasContent("new");
  }

  @Test
  void aRenameThatFailsLosesNothing() throws IOException {
    ResultTables tables = write("new");
    DyingFileSystem.dieAt("one", 2);
    assertThatThrownBy(tables::publish).isInstanceOf(HoldfastException.class);
    assertThat(directory.resolve("one")).doesNotExist();
    DyingFileSystem.live();
    tables.discard();
    assertThat(names()).containsExactly("one", "two");
    assertThat(directory.resolve("one")).hasContent("old");
  }

  @Test
  void aSecondJobIsRefusedAndLeavesTheFirstAlone() throws IOException {
    ResultTables first = write("new");
    assertThatThrownBy(() -> write("other"))
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.REFUSED));
    first.publish();
    first.discard();
    assertThat(names()).containsExactly("one", "two");
    assertThat(directory.resolve("one")).hasContent("new");
  }

  private ResultTables write(String content) {
    ResultTables tables = new ResultTables(conf, "dying://" + directory);
    tables.text("one", content);
    tables.text("two", content);
    return tables;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
