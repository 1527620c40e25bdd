package io.holdfast.analysis.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.AnalysisMain;
import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

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

  @Command(name = "failing")
  private static final class Failing implements Callable<Integer> {
    @Override
    public Integer call() {
      throw new InternalError("No space left");
    }
  }

  @Test
  void anErrorLeavesItsCodeAndItsLine() throws IOException {
    CommandLine line = new CommandLine(new Failing());
    StringWriter err = new StringWriter();
    line.setErr(new PrintWriter(err, true));
    assertThat(CommandLines.run(line, "--outcome", file.toString())).isEqualTo(6);
    assertThat(err.toString()).contains("No space left").hasLineCount(1);
    assertThat(outcome().get("exit_code").asInt()).isEqualTo(6);
    assertThat(outcome().get("message").asText()).contains("No space left");
  }

  @Test
  void whatIsNoPathIsToldBeforeTheWork() throws IOException {
    for (List<String> wrong :
        List.of(
            List.of("verify", "--log", "none", "--json", ""),
            List.of("verify", "--log", "none", "--json", "2024-05-01T10:00"),
            List.of("analyze", "--log", "none", "--out", "2024-05-01T10:00"))) {
      List<String> arguments = new ArrayList<>(wrong);
      arguments.addAll(List.of("--outcome", file.toString()));
      assertThat(AnalysisMain.run(arguments.toArray(String[]::new))).as("%s", wrong).isEqualTo(3);
      assertThat(outcome().get("message").asText()).startsWith("Invalid path: ");
    }
  }

  @Test
  void aResultThatCannotBeWrittenLeavesTheOneOfBefore() throws IOException {
    Object unwritable = new Object();
    Configuration conf = new Configuration();
    assertThatThrownBy(() -> CommandLines.writeJson(file.toString(), unwritable, conf))
        .isInstanceOf(HoldfastException.class);
    assertThat(outcome().get("exit_code").asInt()).isEqualTo(99);
    CommandLines.writeJson(file.toString(), List.of(1), conf);
    assertThat(outcome().get(0).asInt()).isEqualTo(1);
    assertThatThrownBy(() -> CommandLines.writeJson(directory.toString(), List.of(1), conf))
        .hasMessageContaining("is a directory");
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
