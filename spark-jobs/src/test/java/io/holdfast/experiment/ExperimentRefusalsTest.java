package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input of an experiment is refused in one line before anything is trained. */
class ExperimentRefusalsTest extends LocalSpark {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "experiment.methods=std,ferr | Unknown method: ferr (did you mean fer?)",
        "experiment.methods= | experiment.methods: nothing (expected one or more)",
        "experiment.methods=std,std | experiment.methods: std twice",
        "experiment.method=std | experiment.method (did you mean experiment.methods?)",
        "experiment.seeds=1,1 | experiment.seeds: 1 twice",
        "experiment.seeds=1,x | train.seed: x (expected a 64-bit integer)",
        "experiment.seeds= | experiment.seeds: nothing (expected one or more)",
        "experiment.select=best:test | best:test (expected text that is last or",
        "experiment.ensemble=1 | experiment.ensemble: 1 (expected an integer of at least 2)",
        "experiment.ensemble=4 | digits-std-seed1 has 3 epochs",
        "experiment.ensemble_epochs=2,2 | experiment.ensemble_epochs: 2,2 (expected integers that"
            + " are",
        "experiment.ensemble_epochs=2,4 | digits-std-seed1 has 3 epochs",
        "experiment.ensemble=2;experiment.ensemble_epochs=1,2 | not both",
        "grid.fer.tua=5 | grid.fer.tua (did you mean grid.fer.tau?)",
        "grid.fer.tau=5,-1 | fer.tau: -1 (expected a number above 0.0)",
        "grid.fer.tau= | fer.tau:",
        "grid.fer.tau=5,5.0 | grid.fer.tau: 5.0 twice",
        "grid.lsr.smoothing=0.1 | grid.lsr.smoothing (expected an option of one of",
        "grid.train.workers=0 | train.workers: 0 (expected an integer of at least 1)",
        "fer.tau=5;grid.fer.tau=5,10 | Duplicate key: fer.tau",
        "train.epocs=3 | train.epocs (did you mean train.epochs?)",
        "train.epochs=0 | train.epochs: 0 (expected an integer of at least 1)",
        "fer.tau=0 | fer.tau: 0 (expected a number above 0.0)",
        "method=fer | Invalid key: method (expected experiment.methods)",
        "train.seed=2 | Invalid key: train.seed (expected experiment.seeds)",
        "grid.train.seed=2 | Invalid key: grid.train.seed (expected experiment.seeds)",
        "grid.method=std | Invalid key: grid.method (expected experiment.methods)",
        "model=lenet | images",
        "averaging.engine=stock | averaging.engine: stock",
      })
  void refusesKeysAndValues(String keys, String told) {
    List<String> more = new ArrayList<>();
    for (String key : keys.split(";", -1)) {
      more.addAll(List.of("--conf", key));
    }
    refused(told, "digits:" + TestData.digits(), more);
  }

  @Test
  void refusesDataThatIsNotThereOrHasNoName() {
    refused("nowhere does not exist", "a:" + directory.resolve("nowhere"), List.of());
    refused("Invalid data set: a b:", "a b:" + TestData.digits(), List.of());
    refused("Invalid data set: a:", "a:", List.of());
    refused("experiment.data: table twice", TestData.digits(), List.of(TestData.digits()));
    CommandRun none =
        CommandRun.of("experiment", "--out", out(), "--conf", "experiment.methods=std");
    assertThat(none.exitCode()).isEqualTo(3);
    assertThat(none.err()).contains("Missing key: experiment.data");
  }

  @Test
  void refusesDataWithoutTheSplitsThatJudgeAndSelect() throws IOException {
    Path file = directory.resolve("few.csv");
    Files.writeString(file, "a,label\n1,0\n2,1\n3,0\n4,1\n5,0\n6,1\n7,0\n8,1\n");
    String table = directory.resolve("few").toString();
    String[] plain = {"import", "--format", "csv", "--input", file.toString(), "--output", table};
    List<String> line = new ArrayList<>(List.of(plain));
    line.addAll(List.of("--test", "0"));
    CommandRun imported = CommandRun.of(line.toArray(String[]::new));
    assertThat(imported.exitCode()).as(imported.err()).isZero();
    refused("Data set few (" + table + ") has no labelled split test", table, List.of());
    line.set(line.size() - 1, "0.25");
    line.add("--overwrite");
    imported = CommandRun.of(line.toArray(String[]::new));
    assertThat(imported.exitCode()).as(imported.err()).isZero();
    refused(
        "has no labelled split validation",
        table,
        List.of("--conf", "experiment.select=best:validation"));
    refused("early_stopping.patience", table, List.of("--conf", "early_stopping.patience=2"));
  }

  @Test
  void refusesFilesThatAreNone() throws IOException {
    String missing = directory.resolve("missing.conf").toString();
    refused("Cannot read --config " + missing, TestData.digits(), List.of("--config", missing));
    Files.writeString(directory.resolve("file"), "");
    CommandRun run =
        CommandRun.of(
            "experiment",
            "--out",
            directory.resolve("file").toString(),
            "--data",
            TestData.digits(),
            "--conf",
            "experiment.methods=std");
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("file is a file, expected a directory");
  }

  @Test
  void insistsOnItsOptions() {
    assertThat(CommandRun.of("experiment").exitCode()).isEqualTo(2);
    CommandRun missing = CommandRun.of("experiment", "--out", out(), "--data", TestData.digits());
    assertThat(missing.exitCode()).isEqualTo(3);
    assertThat(missing.err()).startsWith("holdfast: Missing key: experiment.methods");
    CommandRun help = CommandRun.of("experiment", "--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).contains("Examples:", "experiment.methods", "grid.fer.tau");
  }

  @Test
  void theDocumentationListsItsKeys() throws IOException {
    assertThat(Files.readString(TestData.projectFile("docs/experiments.md")))
        .contains(ExperimentKeys.schema().toMarkdown());
  }

  private String out() {
    return directory.resolve("out").toString();
  }

  private void refused(String told, String data, List<String> more) {
    List<String> line = new ArrayList<>(List.of("experiment", "--out", out(), "--data", data));
    line.addAll(more);
    if (more.stream().noneMatch(key -> key.startsWith("experiment.methods"))) {
      line.addAll(List.of("--conf", "experiment.methods=std,fer"));
    }
    if (more.stream().noneMatch(key -> key.startsWith("train.epochs"))) {
      line.addAll(List.of("--conf", "train.epochs=3"));
    }
    CommandRun run = CommandRun.of(line.toArray(String[]::new));
    assertThat(run.err()).startsWith("holdfast: ").contains(told);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
    assertThat(directory.resolve("out")).doesNotExist();
  }
}
