package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The smallest network of every residual kind learns on two workers and resumes to the byte. */
class ResidualTrainingTest extends LocalSpark {
  private static final int EPOCHS = 2;

  /** Its checkpoints of 90 MB are resumed under {@code -Plong} only. */
  private static final String LARGEST = "model=resnet18";

  private static final int SAMPLES = 80;
  private static final int CLASSES = 2;
  private static final int EDGE = 8;

  @TempDir static Path images;

  /** Noise over a bright upper half (class 0) or a bright lower half (class 1). */
  @BeforeAll
  static void importImages() throws IOException {
    spark();
    SplittableRandom random = new SplittableRandom(5);
    ByteBuffer pixels = ByteBuffer.allocate(16 + SAMPLES * EDGE * EDGE);
    pixels.putInt(2051).putInt(SAMPLES).putInt(EDGE).putInt(EDGE);
    ByteBuffer labels = ByteBuffer.allocate(8 + SAMPLES).putInt(2049).putInt(SAMPLES);
    for (int sample = 0; sample < SAMPLES; sample++) {
      int label = sample % CLASSES;
      labels.put((byte) label);
      for (int pixel = 0; pixel < EDGE * EDGE; pixel++) {
        boolean bright = pixel / (EDGE * EDGE / 2) == label;
        pixels.put((byte) (random.nextInt(128) + (bright ? 127 : 0)));
      }
    }
    Path pixelsFile = Files.write(images.resolve("images"), pixels.array());
    Path labelsFile = Files.write(images.resolve("labels"), labels.array());
    CommandRun run =
        CommandRun.of(
            "import",
            "--format",
            "idx",
            "--input",
            pixelsFile.toString(),
            labelsFile.toString(),
            "--test",
            "0.2",
            "--output",
            table());
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        LARGEST,
        "model=resnet,model.depth=8",
        "model=wrn,model.depth=10,model.width=1,model.dropout=0.2"
      })
  void learnsAndResumes(String model, @TempDir Path directory) {
    Path undisturbed = directory.resolve("undisturbed");
    List<EpochSummary> epochs = job(undisturbed, model, false, 0).execute().epochs();
    assertThat(epochs).hasSize(EPOCHS);
    assertThat(epochs.get(1).splits().get("train").loss())
        .isLessThan(epochs.get(0).splits().get("train").loss());
    if (model.equals(LARGEST) && !Boolean.getBoolean("holdfast.every-stop")) {
      return;
    }

    Path stopped = directory.resolve("stopped");
    assertThatThrownBy(() -> job(stopped, model, false, 1).execute()).isInstanceOf(Stop.class);
    job(stopped, model, true, 0).execute();
    assertThat(CommittedBytes.of(stopped, "run"))
        .isNotEmpty()
        .isEqualTo(CommittedBytes.of(undisturbed, "run"));
  }

  private static String table() {
    return images.resolve("table").toString();
  }

  /** A job that stops after the epoch {@code last}; 0 is never. */
  private static TrainJob job(Path out, String model, boolean resume, int last) {
    Map<String, String> config = new LinkedHashMap<>();
    if (!resume) {
      Arrays.stream(model.split(","))
          .map(key -> key.split("=", 2))
          .forEach(key -> config.put(key[0], key[1]));
      config.put("train.epochs", "" + EPOCHS);
      config.put("train.workers", "2");
      config.put("train.batch_size", "8");
      config.put("train.averaging_frequency", "2");
      config.put("optimiser.learning_rate", "0.002");
      config.put("optimiser.weight_decay", "5e-4");
    }
    return new TrainJob(
        spark(),
        new TrainOptions(config, resume ? null : table(), out.toString(), "run", false, resume),
        new StopAfterEpoch(last));
  }

  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private record StopAfterEpoch(int last) implements TrainingProgress {

    @Override
    public void started(String runId, int epochs, int committed, long samples, int rounds) {}

    @Override
    public void epochStarted(int epoch) {}

    @Override
    public void roundDone(int round, long examples, double lossSum) {}

    @Override
    public void epochCommitted(EpochSummary summary) {
      if (summary.epoch() == last) {
        throw new Stop();
      }
    }
  }
}
