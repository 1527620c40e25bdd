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
    importTable(
        "table", corpus(SAMPLES, 5), "--test", "0.25", "--word-ngrams", "2", "--buckets", "50");
    job(folder.resolve("log"), FASTTEXT, false, 0).execute();
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
  void paddingDoesNotCount() {
    Path log = folder.resolve("log");
    CommittedRun run = CommittedRun.open(new Configuration(), new LogRoot(log.toString()), "run");
    float[] parameters = run.state(EPOCHS).parameters();
    Vocabulary vocabulary = SampleTable.open(spark(), table()).vocabulary();
    Map<Long, List<Float>> logged = vectors(log, "test");
    for (Sample sample : SampleTable.open(spark(), table()).samples("test").collect()) {
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
  void scoresTextsOfAnotherImportWithItsOwnVocabulary() throws IOException {
    importTable("other", corpus(40, 9), "--test", "0.5", "--vocabulary-size", "3");
    String scored =
        done(
            "evaluate",
            "--out",
            folder.resolve("log").toString(),
            "--run-id",
            "run",
            "--data",
            folder.resolve("other").toString(),
            "--split",
            "test");
    assertThat(scored).contains("accuracy");
  }

  @Test
  void theStockMasterGetsTheMasksToo(@TempDir Path directory) {
    String stock = FASTTEXT + ",averaging.engine=stock,train.epochs=1,train.workers=1";
    String own = FASTTEXT + ",train.epochs=1,train.workers=1";
    job(directory.resolve("stock"), stock, false, 0).execute();
    job(directory.resolve("own"), own, false, 0).execute();
    float[] expected = parameters(directory.resolve("own"));
    float[] found = parameters(directory.resolve("stock"));
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
    }
  }

  private static float[] parameters(Path log) {
    return CommittedRun.open(new Configuration(), new LogRoot(log.toString()), "run")
        .state(1)
        .parameters();
  }

  @Test
  void textsAndOtherDataNeedTheirOwnNetworks(@TempDir Path directory) throws IOException {
    Path numbers = Files.writeString(directory.resolve("n.csv"), "0,1,0\n1,0,1\n0,2,0\n2,0,1\n");
    String other = directory.resolve("numbers").toString();
    done("import", "--format", "csv", "--input", numbers.toString(), "--output", other);
    refused(
        "Invalid value for model: mlp (expected fasttext or char_cnn: the samples are texts)",
        train(directory, table(), "model=mlp"));
    refused(
        "Invalid value for model: resnet18 (expected fasttext or char_cnn: the samples are texts)",
        train(directory, table(), "model=resnet18"));
    refused(
        "Invalid value for model: fasttext (expected a network of numbers: the samples are no texts)",
        train(directory, other, "model=fasttext"));
    refused(
        "Invalid value for model.length: 122 (expected at least 123 for char_cnn)",
        train(directory, table(), "model=char_cnn", "model.length=122"));
    refused(
        other + " has no texts, run run was trained on texts (expected the same)",
        "evaluate",
        "--out",
        folder.resolve("log").toString(),
        "--run-id",
        "run",
        "--data",
        other,
        "--split",
        "test");
    refused(
        "file:"
            + table()
            + " holds texts, expected images or tabular samples: class similarity needs numbers",
        "similarity",
        "--data",
        table(),
        "--out",
        directory.resolve("similarity.json").toString());
  }

  private static String[] train(Path directory, String data, String... keys) {
    List<String> line = new ArrayList<>(List.of("train", "--data", data, "--run-id", "refused"));
    line.addAll(List.of("--out", directory.resolve("log").toString()));
    for (String key : keys) {
      line.addAll(List.of("--conf", key));
    }
    return line.toArray(String[]::new);
  }

  private static void refused(String message, String... line) {
    CommandRun run = CommandRun.of(line);
    assertThat(run.err()).isEqualTo("holdfast: " + message + System.lineSeparator());
    assertThat(run.exitCode()).isEqualTo(3);
  }

  @Test
  void experimentsRunOnNoisyTexts(@TempDir Path directory) throws IOException {
    String noisy = directory.resolve("noisy").toString();
    done("corrupt", "--data", table(), "--output", noisy, "--noise", "symmetric", "--rate", "0.4");
    Path config =
        Files.writeString(
            directory.resolve("experiment.conf"),
            FASTTEXT.replace(',', '\n')
                + "\nexperiment.methods = std, cs-kd\ntrain.epochs = 1\ntrain.workers = 2\n");
    String out =
        done(
            "experiment",
            "--config",
            config.toString(),
            "--data",
            noisy,
            "--out",
            directory.resolve("experiment").toString());
    assertThat(out).contains("2 runs", "cs-kd");
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
