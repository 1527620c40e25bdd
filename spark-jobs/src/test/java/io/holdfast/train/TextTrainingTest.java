package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.data.Sample;
import io.holdfast.data.SampleTable;
import io.holdfast.data.Vocabulary;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Both text networks learn a made-up language on two workers, from import to export. */
class TextTrainingTest extends LocalSpark {
  private static final int EPOCHS = 3;
  private static final int SAMPLES = 160;
  private static final String[][] TOPICS = {
    {"goal", "match", "team", "cup", "league", "coach"},
    {"stock", "market", "price", "bank", "profit", "share"}
  };
  private static final String[] COMMON = {"the", "a", "of", "and", "new", "in"};
  private static final String FASTTEXT =
      "model=fasttext,model.embedding=6,model.length=20,optimiser.learning_rate=0.5";
  private static final String CHAR_CNN =
      "model=char_cnn,model.length=123,model.frames=8,model.units=16,optimiser=adam,"
          + "optimiser.learning_rate=0.005,model.initial_weights=relu";

  @TempDir static Path folder;

  @BeforeAll
  static void importTexts() throws IOException {
    spark();
    importTable("table", corpus(SAMPLES, 5), "--test", "0.25", "--word-ngrams", "2", "--buckets", "50");
  }

  /** Rows of a title, a body and a class; a third of the words tells the class. */
  private static Path corpus(int samples, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder rows = new StringBuilder("title,body,class\n");
    for (int sample = 0; sample < samples; sample++) {
      int label = sample % TOPICS.length;
      StringBuilder body = new StringBuilder();
      for (int word = 0; word < 3 + random.nextInt(9); word++) {
        String[] words = random.nextInt(3) == 0 ? TOPICS[label] : COMMON;
        body.append(words[random.nextInt(words.length)]).append(", ");
      }
      String title = TOPICS[label][random.nextInt(TOPICS[label].length)];
      rows.append("\"" + title + "\",\"" + body + "\"," + label + "\n");
    }
    return Files.writeString(folder.resolve("corpus" + seed + ".csv"), rows);
  }

  private static void importTable(String name, Path corpus, String... options) {
    List<String> line =
        new ArrayList<>(
            List.of("import", "--format", "text", "--input", corpus.toString(), "--text-columns"));
    line.addAll(List.of("title,body", "--output", folder.resolve(name).toString()));
    line.addAll(List.of(options));
    done(line.toArray(String[]::new));
  }

  private static String done(String... line) {
    CommandRun run = CommandRun.of(line);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.out();
  }

  @ParameterizedTest
  @ValueSource(strings = {FASTTEXT, CHAR_CNN})
  void learnsResumesAndExports(String model, @TempDir Path directory) throws IOException {
    Path undisturbed = directory.resolve("undisturbed");
    List<EpochSummary> epochs = job(undisturbed, model, false, 0).execute().epochs();
    assertThat(epochs).hasSize(EPOCHS);
    assertThat(epochs.get(2).splits().get("train").loss())
        .isLessThan(epochs.get(0).splits().get("train").loss());
    assertThat(epochs.get(2).splits().get("test").accuracy()).isGreaterThan(0.7);

    Path stopped = directory.resolve("stopped");
    assertThatThrownBy(() -> job(stopped, model, false, 1).execute()).isInstanceOf(Stop.class);
    job(stopped, model, true, 0).execute();
    assertThat(CommittedBytes.of(stopped, "run"))
        .isNotEmpty()
        .isEqualTo(CommittedBytes.of(undisturbed, "run"));

    scoresAsItEvaluated(undisturbed);
    exportedModelGivesTheLoggedOutputs(undisturbed, directory.resolve("model.zip").toFile());
  }

  /** Scoring the test split again gives the rows that the run's last epoch logged. */
  private static void scoresAsItEvaluated(Path out) {
    done(
        "evaluate",
        "--out",
        out.toString(),
        "--run-id",
        "run",
        "--data",
        table(),
        "--split",
        "test",
        "--as",
        "again");
    assertThat(vectors(out, "again")).isEqualTo(vectors(out, "test")).hasSize(SAMPLES / 4);
  }

  /** Logits of the last epoch by sample id. */
  private static Map<Long, List<Float>> vectors(Path out, String split) {
    Map<Long, List<Float>> logits = new LinkedHashMap<>();
    for (Row row :
        spark()
            .read()
            .parquet(out + "/prediction_vectors")
            .where("split = '" + split + "' and epoch = " + EPOCHS)
            .orderBy("sample_id")
            .select("sample_id", "logits")
            .collectAsList()) {
      logits.put(row.getLong(0), row.getList(1));
    }
    return logits;
  }

  private static void exportedModelGivesTheLoggedOutputs(Path out, File file) throws IOException {
    done("export", "--out", out.toString(), "--run-id", "run", "--model", file.toString());
    ComputationGraph plain = ModelSerializer.restoreComputationGraph(file);
    InputSpec input =
        CommittedRun.open(new Configuration(), new LogRoot(out.toString()), "run").input();
    Map<Long, List<Float>> logged = vectors(out, "test");
    for (Sample sample : SampleTable.open(spark(), table()).samples("test").take(5)) {
      float[] values = new float[input.length()];
      int used = input.text().encode(sample.text(), values, 0);
      INDArray features = Nd4j.createFromArray(values).reshape(input.batchShape(1));
      INDArray mask = null;
      if (input.masked()) {
        mask = Nd4j.zeros(DataType.FLOAT, 1, input.length());
        for (int i = 0; i < used; i++) {
          mask.putScalar(0, i, 1);
        }
      }
      INDArray softmax = new BatchInput(features, mask).output(plain, false);
      List<Float> logits = logged.get(sample.id());
      double expected = 1 / (1 + Math.exp(logits.get(1) - logits.get(0)));
      assertThat(softmax.getDouble(0)).isCloseTo(expected, within(1e-5));
    }
  }

  /** Without the mask, padding would move the mean towards the vector of id 0. */
  @Test
  void paddingDoesNotCount(@TempDir Path directory) {
    job(directory, FASTTEXT, false, 0).execute();
    CommittedRun run = CommittedRun.open(new Configuration(), new LogRoot(directory.toString()), "run");
    float[] parameters = run.state(EPOCHS).parameters();
    Vocabulary vocabulary = SampleTable.open(spark(), table()).vocabulary();
    Map<Long, List<Float>> logged = vectors(directory, "test");
    List<Sample> samples = new ArrayList<>(SampleTable.open(spark(), table()).samples("test").collect());
    samples.sort(Comparator.comparingLong(Sample::id));
    for (Sample sample : samples) {
      int[] ids = vocabulary.ids(sample.text(), 20);
      double[] logits = new double[2];
      for (int id : ids) {
        for (int j = 0; j < 6; j++) {
          for (int k = 0; k < 2; k++) {
            logits[k] +=
                (double) parameters[j * vocabulary.size() + id]
                    / ids.length
                    * parameters[vocabulary.size() * 6 + k * 6 + j];
          }
        }
      }
      for (int k = 0; k < 2; k++) {
        assertThat((double) logged.get(sample.id()).get(k)).isCloseTo(logits[k], within(1e-5));
      }
    }
  }

  @Test
  void scoresTextsOfAnotherImportWithItsOwnVocabulary(@TempDir Path directory) throws IOException {
    job(directory, FASTTEXT, false, 0).execute();
    importTable("other", corpus(40, 9), "--test", "0.5", "--vocabulary-size", "3");
    String scored =
        done(
            "evaluate",
            "--out",
            directory.toString(),
            "--run-id",
            "run",
            "--data",
            folder.resolve("other").toString(),
            "--split",
            "test");
    assertThat(scored).contains("accuracy");
  }

  private static String table() {
    return folder.resolve("table").toString();
  }

  /** A job that stops after the epoch {@code last}; 0 is never. */
  private static TrainJob job(Path out, String model, boolean resume, int last) {
    Map<String, String> config = new LinkedHashMap<>();
    if (!resume) {
      config.put("train.epochs", "" + EPOCHS);
      config.put("train.workers", "2");
      config.put("train.batch_size", "8");
      config.put("train.averaging_frequency", "2");
      Arrays.stream(model.split(","))
          .map(key -> key.split("=", 2))
          .forEach(key -> config.put(key[0], key[1]));
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
