package io.holdfast.analysis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a command leaves for a scheduler that does not see its exit code. */
class OutcomeFileTest {
  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void anOlderOutcome() throws IOException {
    LocalSpark.open();
    file = Files.writeString(directory.resolve("outcome.json"), "{\"exit_code\":99}");
  }

  private JsonNode outcome() throws IOException {
    try (var left = Files.list(directory)) {
      assertThat(left.toList()).containsExactly(file);
    }
    return new ObjectMapper().readTree(file.toFile());
  }

  @Test
  void aFailureLeavesItsCodeAndItsLine() throws IOException {
    String log = directory.resolve("none").toString();
    assertThat(AnalysisMain.run("verify", "--log", log, "--outcome", file.toString())).isEqualTo(3);
    assertThat(outcome().get("command").asText()).isEqualTo("verify");
    assertThat(outcome().get("exit_code").asInt()).isEqualTo(3);
    assertThat(outcome().get("meaning").asText()).isEqualTo("bad_input");
    assertThat(outcome().get("message").asText()).contains(log, "does not exist");
  }

  @Test
  void aCommandLineThatCannotBeUnderstoodLeavesItsCode() throws IOException {
    assertThat(AnalysisMain.run("verify", "--outcome=" + file, "--unknown")).isEqualTo(2);
    assertThat(outcome().get("exit_code").asInt()).isEqualTo(2);
    assertThat(outcome().get("message").asText()).contains("--log");
  }

  @Test
  void successLeavesZeroAndNoMessage() throws IOException {
    assertThat(AnalysisMain.run("verify", "--help", "--outcome", file.toString())).isZero();
    assertThat(outcome().get("exit_code").asInt()).isZero();
    assertThat(outcome().get("message").isNull()).isTrue();
  }

  @Test
  void whatCannotBeAFileIsRefused() {
    for (String name : List.of(directory.toString(), "/")) {
      assertThat(AnalysisMain.run("verify", "--log", "none", "--outcome", name)).isEqualTo(3);
    }
    assertThat(directory).exists();
  }
}
