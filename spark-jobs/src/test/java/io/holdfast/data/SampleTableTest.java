package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class SampleTableTest extends ImportTesting {

  private static void assertBadInput(String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            HoldfastException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(message);
  }

  @Test
  void whatIsNoDataSetIsRefused() {
    assertBadInput(
        output() + " does not exist, expected the output of holdfast import",
        () -> SampleTable.open(spark(), output()));
    assertBadInput(
        "file:"
            + folder
            + " is not a data set: dataset.json is missing, expected the output of holdfast import",
        () -> SampleTable.open(spark(), folder.toString()));
  }

  @Test
  void aNewerFormatIsRefused() throws Exception {
    imported("--format", "csv", "--input", IRIS);
    Path file = Path.of(output(), "dataset.json");
    Files.delete(Path.of(output(), ".dataset.json.crc"));
    Files.writeString(file, Files.readString(file).replace("\"format\" : 1", "\"format\" : 2"));
    assertBadInput(
        "file:" + file + ": format 2, expected 1 to 1 (a newer Holdfast may have written it)",
        () -> SampleTable.open(spark(), output()));
    Files.writeString(file, "{");
    assertThatThrownBy(() -> SampleTable.open(spark(), output()))
        .hasMessageStartingWith("file:" + file + " is not valid JSON: ");
  }

  @Test
  void aMissingSplitIsNamed() {
    SampleTable table = imported("--format", "csv", "--input", IRIS);
    assertBadInput(
        table.path() + " has no split 'validation', expected one of [train, test]",
        () -> table.samples("validation"));
  }

  @Test
  void missingLabelsAreFoundBeforeTraining() throws Exception {
    Path train = text("train.csv", "1,0", "2,1");
    Path test = text("test.csv", "3,1", "4,");
    SampleTable table = imported("--format", "csv", "--input", train, "--test-input", test);
    table.requireLabels("train");
    assertBadInput(
        table.path()
            + ": 1 of 2 samples of split 'test' have no label (the first is sample 3), expected a label for each",
        () -> table.requireLabels("test"));
  }

  @Test
  void standardisedTrainingDataHasMeanZeroAndDeviationOne() {
    SampleTable table = imported("--format", "csv", "--input", IRIS);
    List<Sample> train = samples(table, "train");
    float[] batch = new float[train.size() * 4];
    for (int i = 0; i < train.size(); i++) {
      for (int j = 0; j < 4; j++) {
        double centred = train.get(i).features()[j] - table.descriptor().mean().get(j);
        batch[4 * i + j] = (float) (centred / table.descriptor().deviation().get(j));
      }
    }
    for (int feature = 0; feature < 4; feature++) {
      double sum = 0;
      double squares = 0;
      for (int i = feature; i < batch.length; i += 4) {
        sum += batch[i];
        squares += (double) batch[i] * batch[i];
      }
      assertThat(sum / train.size()).isCloseTo(0, within(1e-6));
      assertThat(squares / train.size()).isCloseTo(1, within(1e-6));
    }
  }
}
