package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.analysis.log.LogNames;
import io.holdfast.config.ConfigException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which runs an experiment has, and what they are called. */
class ExperimentPlanTest {

  @Test
  void aMethodsOptionMultipliesItsRunsAndAnyOtherKeyAll() {
    Map<String, String> values = values("std, fer", "1, 2");
    values.put("grid.train.workers", "1, 2");
    values.put("grid.fer.mu", "0.5, 1");
    List<PlannedRun> runs = plan(values, "clean:/a", "noisy:/b").runs();
    assertThat(runs).hasSize(2 * (2 * 2 + 2 * 2 * 2));
    assertThat(runs.subList(0, 8))
        .extracting(PlannedRun::runId)
        .containsExactly(
            "clean-std-workers1-seed1",
            "clean-std-workers1-seed2",
            "clean-std-workers2-seed1",
            "clean-std-workers2-seed2",
            "clean-fer-workers1-mu0.5-seed1",
            "clean-fer-workers1-mu0.5-seed2",
            "clean-fer-workers1-mu1-seed1",
            "clean-fer-workers1-mu1-seed2");
    PlannedRun last = runs.get(runs.size() - 1);
    assertThat(last.data()).isEqualTo(new NamedData("noisy", "/b"));
    assertThat(last.settings()).isEqualTo(Map.of("train.workers", "2", "fer.mu", "1.0"));
    assertThat(last.commonSettings()).isEqualTo(Map.of("train.workers", "2"));
    assertThat(last.config())
        .isEqualTo(
            Map.of("method", "fer", "train.seed", "2", "train.workers", "2", "fer.mu", "1.0"));
  }

  @Test
  void aRunKeepsItsNameWhenOthersAreAdded() {
    Map<String, String> few = values("fer", "1");
    few.put("grid.fer.mu", "1");
    Map<String, String> many = values("std, fer, lsr", "3, 2, 1");
    many.put("grid.fer.mu", "0.5, 1.0, 2");
    List<String> names = plan(many, "b:/b", "a:/a").runs().stream().map(PlannedRun::runId).toList();
    assertThat(names).contains(plan(few, "a:/a").runs().get(0).runId()).doesNotHaveDuplicates();
  }

  @Test
  void valuesOfListsAreSeparatedBySemicolons() {
    Map<String, String> values = values("std", "1");
    values.put("grid.model.hidden", "128,128; 64");
    assertThat(plan(values, "a:/a").runs())
        .extracting(run -> run.settings().get("model.hidden"))
        .containsExactly("128,128", "64");
  }

  @Test
  void namesOfAnyLengthAndValueAreRunIdsAndDiffer() {
    Map<String, String> values = values("fer", "-9223372036854775808");
    values.put("grid.model.hidden", "128,128; 128,129");
    values.put("grid.fer.gamma_min", "0.1, 0.2");
    values.put("grid.optimiser.epsilon", "1e-8, 1e-9");
    values.put("grid.schedule.milestones", "0.5,0.75; 0.5,0.8");
    List<String> names =
        plan(values, "a.very.long.name.of.data:/a").runs().stream().map(PlannedRun::runId).toList();
    assertThat(names).hasSize(16).doesNotHaveDuplicates();
    names.forEach(LogNames::requireRunId);
  }

  @ParameterizedTest
  @CsvSource({
    "clean:/a/b, clean, /a/b",
    "clean:hdfs://host:9000/b, clean, hdfs://host:9000/b",
    "hdfs://host:9000/b, b, hdfs://host:9000/b",
    "/a/digits/, digits, /a/digits/",
    "a/x:y/z, z, a/x:y/z"
  })
  void dataIsNamedOrCalledAfterItsDirectory(String text, String name, String directory) {
    assertThat(NamedData.parse(text)).isEqualTo(new NamedData(name, directory));
  }

  @Test
  void theEnsembleIsTheLastEpochsOrThoseListed() {
    Map<String, String> last = values("std", "1");
    last.put("experiment.ensemble", "3");
    assertThat(plan(last, "a:/a").ensemble(5)).containsExactly(3, 4, 5);
    assertThat(plan(last, "a:/a").ensemble(2)).isEmpty();
    Map<String, String> listed = values("std", "1");
    listed.put("experiment.ensemble_epochs", "4, 2");
    assertThat(plan(listed, "a:/a").ensemble(5)).containsExactly(2, 4);
    assertThat(plan(listed, "a:/a").ensemble(3)).isEmpty();
    assertThat(plan(values("std", "1"), "a:/a").hasEnsemble()).isFalse();
  }

  @Test
  void aValueMayNameTheRunsDataAndSeed() {
    Map<String, String> values = values("std, kd", "7, 8");
    values.put("kd.teacher", "{data}-std-seed{seed}");
    assertThat(plan(values, "a:/a", "b:/b").runs())
        .filteredOn(run -> run.method().equals("kd"))
        .extracting(run -> run.config().get("kd.teacher"))
        .containsExactly("a-std-seed7", "a-std-seed8", "b-std-seed7", "b-std-seed8");
  }

  @Test
  void runsThatWouldShareANameAreRefused() {
    Map<String, String> values = values("std", "1");
    values.put("grid.model.file", "5, 5.0");
    assertThatThrownBy(() -> plan(values, "a:/a"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a-std-file5-seed1");
  }

  private static Map<String, String> values(String methods, String seeds) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("experiment.methods", methods);
    values.put("experiment.seeds", seeds);
    return values;
  }

  private static ExperimentPlan plan(Map<String, String> values, String... data) {
    return new ExperimentPlan(values, Arrays.asList(data));
  }
}
