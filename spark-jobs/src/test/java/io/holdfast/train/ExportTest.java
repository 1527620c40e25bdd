package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.TestData;
import io.holdfast.data.SampleTable;
import io.holdfast.method.EpochPosition;
import io.holdfast.method.Methods;
import io.holdfast.method.SampleState;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.ZipFile;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Models and behaviours for others to read, from the command line. */
class ExportTest extends DigitsRuns {
  /** What a user of plain DL4J writes. Arguments: model, inputs, outputs. */
  private static final String PROGRAM =
      """
      import java.io.*;
      import org.deeplearning4j.nn.graph.ComputationGraph;
      import org.deeplearning4j.util.ModelSerializer;
      import org.nd4j.linalg.api.ndarray.INDArray;
      import org.nd4j.linalg.factory.Nd4j;

      public class Score {
        public static void main(String[] files) throws Exception {
          try {
            Class.forName("io.holdfast.loss.MethodLossFunction");
            throw new IllegalStateException("Holdfast is on the class path");
          } catch (ClassNotFoundException expected) {
          }
          ComputationGraph model = ModelSerializer.restoreComputationGraph(new File(files[0]));
          try (DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(files[1])));
              DataOutputStream out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(files[2])))) {
            INDArray inputs = Nd4j.create(in.readInt(), in.readInt());
            for (int i = 0; i < inputs.rows(); i++) {
              for (int j = 0; j < inputs.columns(); j++) {
                inputs.putScalar(i, j, in.readFloat());
              }
            }
            INDArray outputs = model.outputSingle(inputs);
            for (int i = 0; i < outputs.rows(); i++) {
              for (int j = 0; j < outputs.columns(); j++) {
                out.writeFloat(outputs.getFloat(i, j));
              }
            }
          }
        }
      }
      """;

  @Test
  void theModelLoadsWithoutHoldfastAndGivesTheLoggedProbabilities() throws Exception {
    Path model = folder.resolve("models/fer.zip");
    String out = done(onLog("export", "fer", "--epoch", 2, "--model", model));
    assertThat(out).contains("run fer, epoch 2", "inputs [64] scaled by standardise");
    assertThat(model.getParent().toFile().list()).containsExactly("fer.zip");
    try (ZipFile zip = new ZipFile(model.toFile())) {
      assertThat(zip.stream().map(entry -> entry.getName()))
          .contains("configuration.json", "coefficients.bin")
          .doesNotContain("updaterState.bin");
      String json =
          new String(
              zip.getInputStream(zip.getEntry("configuration.json")).readAllBytes(),
              StandardCharsets.UTF_8);
      assertThat(json).contains("LossMCXENT", "ActivationSoftmax").doesNotContain("holdfast");
    }

    Path inputs = folder.resolve("inputs");
    Path outputs = folder.resolve("outputs");
    writeInputs(inputs);
    score(model, inputs, outputs);
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(outputs)))) {
      for (Row row : logged("prediction_vectors", "fer", "test", 2)) {
        double[] expected = softmax(floats(row, "logits"));
        for (int k = 0; k < CLASSES; k++) {
          assertThat((double) in.readFloat()).isCloseTo(expected[k], within(1e-6));
        }
      }
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  /** The test split, standardised with the training split's mean and deviation. */
  private static void writeInputs(Path file) throws IOException {
    SampleTable table = SampleTable.open(spark(), TestData.digits());
    List<Double> mean = table.descriptor().mean();
    List<Double> deviation = table.descriptor().deviation();
    List<Row> samples = table.rows("test").orderBy("sample_id").collectAsList();
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeInt(samples.size());
      out.writeInt(mean.size());
      for (Row sample : samples) {
        float[] features = floats(sample, "features");
        for (int j = 0; j < features.length; j++) {
          out.writeFloat((float) ((features[j] - mean.get(j)) / deviation.get(j)));
        }
      }
    }
  }

  private static void score(Path model, Path inputs, Path outputs) throws Exception {
    String libraries =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(
                entry ->
                    entry.endsWith(".jar")
                        && !Path.of(entry).getFileName().toString().startsWith("holdfast"))
            .filter(entry -> !entry.contains("spark-") && !entry.contains("hadoop-"))
            .collect(Collectors.joining(File.pathSeparator));
    Path program = Files.writeString(folder.resolve("Score.java"), PROGRAM);
    List<String> command =
        new ArrayList<>(
            List.of(System.getProperty("java.home") + "/bin/java", "-cp", libraries, "-Xmx512m"));
    for (String key :
        List.of("org.bytedeco.javacpp.platform.extension", "org.bytedeco.javacpp.cachedir")) {
      if (System.getProperty(key) != null) {
        command.add("-D" + key + "=" + System.getProperty(key));
      }
    }
    for (Path path : List.of(program, model, inputs, outputs)) {
      command.add(path.toString());
    }
    Path said = folder.resolve("said");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    boolean ended = process.waitFor(3, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertThat(ended).isTrue();
    assertThat(process.exitValue()).as(Files.readString(said)).isZero();
  }

  private static double[] softmax(float[] logits) {
    double[] result = new double[logits.length];
    double sum = 0;
    for (int k = 0; k < result.length; k++) {
      result[k] = Math.exp(logits[k]);
      sum += result[k];
    }
    for (int k = 0; k < result.length; k++) {
      result[k] /= sum;
    }
    return result;
  }

  @Test
  void aModelIsReplacedOnlyWhenAskedTo() throws IOException {
    Path model = folder.resolve("replaced.zip");
    done(onLog("export", "fer", "--epoch", 1, "--model", model));
    byte[] first = Files.readAllBytes(model);
    assertRefused(
        5,
        List.of("replaced.zip exists", "--overwrite"),
        () -> onLog("export", "fer", "--model", model));
    assertThat(Files.readAllBytes(model)).isEqualTo(first);
    done(onLog("export", "fer", "--model", model, "--overwrite"));
    assertThat(Files.readAllBytes(model)).isNotEqualTo(first);
  }

  @Test
  void refusesWhatCannotBeExported() throws IOException {
    Path model = folder.resolve("refused.zip");
    Path table = folder.resolve("refused");
    Path other = Files.createDirectories(folder.resolve("other"));
    Files.writeString(other.resolve("letter.txt"), "precious");
    refuse(3, List.of("No run none"), "none", "--model", model);
    refuse(3, List.of("no committed epoch 4", "1 to 3"), "fer", "--epoch", 4, "--model", model);
    refuse(
        3, List.of("no committed epoch 4", "1 to 3"), "fer", "--epoch", 4, "--behaviours", table);
    refuse(3, List.of("Invalid epoch: all"), "fer", "--epoch", "all", "--model", model);
    refuse(2, List.of("--model", "--behaviours"), "fer");
    refuse(2, List.of("mutually exclusive"), "fer", "--model", model, "--behaviours", table);
    refuse(5, List.of("other is not a file"), "fer", "--model", other, "--overwrite");
    refuse(5, List.of("other is not a table"), "fer", "--behaviours", other, "--overwrite");
    train("std", TestData.digits(), "train.epochs=1");
    refuse(3, List.of("Run std has no behaviours", "method std"), "std", "--behaviours", table);
  }

  private static void refuse(int exitCode, List<String> said, String runId, Object... options) {
    assertRefused(exitCode, said, () -> onLog("export", runId, options));
  }

  @Test
  void theHistoryOfASampleIsWhatItsTrainingPassesMakeOfIt() {
    Path table = folder.resolve("behaviours");
    assertThat(done(onLog("export", "fer", "--epoch", "all", "--behaviours", table)))
        .contains("3 epochs", "run_id, epoch, sample_id, behaviour, seen");
    SampleState state = Methods.create("fer", Map.of(), CLASSES).sampleState();
    Map<Long, double[]> rows = new HashMap<>();
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      EpochPosition position = new EpochPosition(epoch, EPOCHS);
      List<Row> labels = logged("predictions", "fer", "train", epoch);
      List<Row> vectors = logged("prediction_vectors", "fer", "train", epoch);
      for (int i = 0; i < labels.size(); i++) {
        double[] row =
            rows.computeIfAbsent(
                vectors.get(i).getAs("sample_id"), id -> new double[state.width()]);
        float[] logits = floats(vectors.get(i), "logits");
        double[] exact = new double[CLASSES];
        Arrays.setAll(exact, k -> logits[k]);
        state.observe(row, exact, labels.get(i).getAs("label"), position);
        state.endEpoch(row, position);
      }
      List<Row> exported =
          spark()
              .sql("SELECT * FROM parquet.`" + table + "` WHERE epoch = " + epoch)
              .collectAsList();
      assertThat(exported).hasSameSizeAs(labels);
      for (Row found : exported) {
        double[] expected = rows.get(found.<Long>getAs("sample_id"));
        float[] behaviour = floats(found, "behaviour");
        for (int k = 0; k < CLASSES; k++) {
          assertThat((double) behaviour[k]).isCloseTo(expected[k], within(1e-6));
        }
        assertThat(found.<Float>getAs("seen")).isEqualTo((float) expected[CLASSES]);
        assertThat(found.<String>getAs("run_id")).isEqualTo("fer");
      }
    }
    List<Row> history =
        spark()
            .sql(
                "SELECT epoch, behaviour, seen FROM parquet.`"
                    + table
                    + "` WHERE sample_id = 17 ORDER BY epoch")
            .collectAsList();
    assertThat(history).extracting(row -> row.getInt(0)).containsExactly(1, 2, 3);
  }

  @Test
  void aTableIsReplacedOnlyWhenAskedTo() {
    Path table = folder.resolve("replaced");
    done(onLog("export", "fer", "--epoch", "1", "--behaviours", table));
    assertRefused(
        5, List.of("exists", "--overwrite"), () -> onLog("export", "fer", "--behaviours", table));
    done(onLog("export", "fer", "--epoch", "2", "--behaviours", table, "--overwrite"));
    assertThat(spark().read().parquet(table.toString()).select("epoch").distinct().collectAsList())
        .extracting(row -> row.getInt(0))
        .containsExactly(2);
  }
}
