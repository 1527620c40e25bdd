package io.holdfast.analysis.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.RandomLog;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelExportTest {
  private final RandomLog log = new RandomLog(new Random(5), 4, 3, 90);

  @TempDir Path directory;
  private Path root;
  private Path out;

  @BeforeEach
  void write() throws Exception {
    root = directory.resolve("log");
    out = directory.resolve("labels");
    log.write(root, "a", "train", true, true);
    log.write(root, "b", "train", false, true);
  }

  private LabelExportResult export(
      String runId, Integer epoch, Set<LabelExportOptions.Format> formats) {
    return new LabelExportJob(
            LocalSpark.open(),
            new LabelExportOptions(
                new LogRoot(root.toString()),
                runId,
                "train",
                null,
                epoch,
                1,
                formats,
                out.toString()))
        .execute();
  }

  /** What follows the header; checks the header. */
  private ByteBuffer npy(String name, String type, String shape) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(out.resolve(name))).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[8];
    bytes.get(magic);
    assertThat(magic).isEqualTo(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    byte[] header = new byte[bytes.getShort()];
    bytes.get(header);
    assertThat(new String(header, StandardCharsets.US_ASCII))
        .endsWith("\n")
        .contains("'descr': '" + type + "'", "'fortran_order': False", "'shape': (" + shape + ")");
    assertThat(bytes.position() % 64).isZero();
    return bytes;
  }

  @Test
  void arraysHoldLabelsAndProbabilitiesInTheOrderOfSampleIds() throws Exception {
    LabelExportResult result = export("a", 2, EnumSet.allOf(LabelExportOptions.Format.class));
    assertThat(result.samples()).isEqualTo(90);
    assertThat(result.classes()).isEqualTo(4);
    assertThat(result.epoch()).isEqualTo(2);
    ByteBuffer ids = npy("sample_ids.npy", "<i8", "90,");
    ByteBuffer labels = npy("labels.npy", "<i8", "90,");
    ByteBuffer probabilities = npy("pred_probs.npy", "<f4", "90, 4");
    List<String> csv = Files.readAllLines(out.resolve("samples.csv"));
    assertThat(csv.get(0)).isEqualTo("sample_id,label,p_0,p_1,p_2,p_3");
    for (int i = 0; i < 90; i++) {
      assertThat(ids.getLong()).isEqualTo(i);
      assertThat(labels.getLong()).isEqualTo(log.labels[i]);
      String[] line = csv.get(i + 1).split(",");
      assertThat(line[1]).isEqualTo(String.valueOf(log.labels[i]));
      for (int k = 0; k < 4; k++) {
        float probability = probabilities.getFloat();
        assertThat((double) probability).isCloseTo(log.probability(1, i, k), within(1e-7));
        assertThat(Float.parseFloat(line[k + 2])).isEqualTo(probability);
      }
    }
    assertThat(probabilities.hasRemaining()).isFalse();
    List<Object[]> rows =
        RandomLog.rows(
            out,
            "samples.parquet",
            "select sample_id, label, true_label, probabilities[1] from %s order by sample_id");
    assertThat(rows).hasSize(90);
    assertThat(rows.get(7)[2]).isEqualTo(log.cleanLabels[7]);
    assertThat(directory)
        .isDirectoryNotContaining(path -> path.getFileName().toString().startsWith("_"));
  }

  @Test
  void numpyReadsTheArrays() throws Exception {
    assumeTrue(python("import numpy").equals(""), "no python3 with numpy");
    export("a", null, EnumSet.of(LabelExportOptions.Format.NPY));
    assertThat(
            python(
                "import numpy as n; p=n.load('pred_probs.npy'); y=n.load('labels.npy');"
                    + "i=n.load('sample_ids.npy'); print(p.shape, p.dtype, y.shape, y.dtype, i[-1],"
                    + " abs(p.sum(1)-1).max()<1e-6, int((p.argmax(1)==y).sum()))"))
        .isEqualTo(
            "(90, 4) float32 (90,) int64 89 True "
                + IntStream.range(0, 90).filter(i -> log.right(2, i)).count());
  }

  private String python(String code) throws Exception {
    try {
      Process process =
          new ProcessBuilder("python3", "-c", code)
              .directory((Files.exists(out) ? out : directory).toFile())
              .redirectErrorStream(true)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor(1, TimeUnit.MINUTES);
      return text.strip();
    } catch (IOException e) {
      return "no python3";
    }
  }

  @Test
  void aLogWithoutVectorsIsRefused() {
    Set<LabelExportOptions.Format> formats = EnumSet.of(LabelExportOptions.Format.NPY);
    assertThatThrownBy(() -> export("b", null, formats))
        .isInstanceOf(HoldfastException.class)
        .hasMessage(
            "No prediction_vectors of run b, split train, phase eval, expected logits to compute"
                + " probabilities from");
    assertThatThrownBy(() -> export("a", 9, formats))
        .hasMessageContaining("9, expected one up to 3");
    assertThat(out).doesNotExist();
  }

  @Test
  void anExistingDirectoryIsLeftAlone() throws Exception {
    Files.createDirectories(out);
    assertThatThrownBy(() -> export("a", null, EnumSet.of(LabelExportOptions.Format.CSV)))
        .hasMessageContaining("exists, expected a new directory");
    assertThat(out).isEmptyDirectory();
  }
}
