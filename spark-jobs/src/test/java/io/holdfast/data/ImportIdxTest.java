package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.CommandRun;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImportIdxTest extends ImportTesting {
  private static final int COUNT = 3000;

  private final byte[][] images = images();
  private final int[] labels = new Random(2).ints(COUNT, 0, 10).toArray();

  private static byte[][] images() {
    Random random = new Random(1);
    byte[][] images = new byte[COUNT][4 * 6];
    for (byte[] image : images) {
      random.nextBytes(image);
    }
    return images;
  }

  private Path imagesFile() throws Exception {
    return gzip("train-images-idx3-ubyte.gz", idxImages(4, 6, images));
  }

  private Path labelsFile() throws Exception {
    return bytes("train-labels-idx1-ubyte", idxLabels(labels));
  }

  @Test
  void imagesStayBytesAndKeepTheirOrder() throws Exception {
    SampleTable table =
        imported("--format", "idx", "--input", imagesFile(), labelsFile(), "--test", "0");
    assertThat(table.descriptor().kind()).isEqualTo(DatasetDescriptor.Kind.IMAGE);
    assertThat(table.descriptor().shape()).containsExactly(1, 4, 6);
    List<Sample> samples = samples(table, "train");
    assertThat(samples).hasSize(COUNT);
    for (int i = 0; i < COUNT; i++) {
      assertThat(samples.get(i).id()).isEqualTo(i);
      assertThat(samples.get(i).image()).isEqualTo(images[i]);
      assertThat(samples.get(i).label()).isEqualTo(labels[i]);
    }
  }

  @Test
  void meanAndDeviationAreOfPixelsOver255() throws Exception {
    SampleTable table = imported("--format", "idx", "--input", imagesFile(), labelsFile());
    double[] pixels =
        samples(table, "train").stream()
            .flatMapToDouble(
                sample -> {
                  byte[] image = sample.image();
                  return java.util.stream.IntStream.range(0, image.length)
                      .mapToDouble(i -> (image[i] & 0xff) / 255.0);
                })
            .toArray();
    double mean = Arrays.stream(pixels).average().orElseThrow();
    double deviation =
        Math.sqrt(
            Arrays.stream(pixels)
                .map(pixel -> (pixel - mean) * (pixel - mean))
                .average()
                .orElseThrow());
    assertThat(table.descriptor().mean().get(0)).isCloseTo(mean, within(1e-12));
    assertThat(table.descriptor().deviation().get(0)).isCloseTo(deviation, within(1e-12));
  }

  @Test
  void aDirectoryGivesBothParts() throws Exception {
    imagesFile();
    labelsFile();
    bytes("t10k-images-idx3-ubyte", idxImages(4, 6, Arrays.copyOf(images, 5)));
    gzip("t10k-labels-idx1-ubyte.gz", idxLabels(Arrays.copyOf(labels, 5)));
    SampleTable table =
        imported(
            "--format",
            "idx",
            "--input",
            folder,
            "--limit-train",
            "2000",
            "--limit-test",
            "3",
            "--validation",
            "0.1");
    assertThat(table.descriptor().samples("train") + table.descriptor().samples("validation"))
        .isEqualTo(2000);
    assertThat(samples(table, "test").stream().map(Sample::id))
        .containsExactly(3000L, 3001L, 3002L);
    assertThat(samples(table, "test").get(0).image()).isEqualTo(images[0]);
  }

  @Test
  void labelNoiseRedrawsTrainingLabelsOnlyAndKeepsTheCleanOnes() throws Exception {
    Object[] arguments = {
      "--format",
      "idx",
      "--input",
      imagesFile(),
      labelsFile(),
      "--test",
      "0.2",
      "--validation",
      "0.1",
      "--label-noise",
      "0.6",
      "--noise-seed",
      "5"
    };
    CommandRun run = runImport(arguments);
    assertThat(run.out()).contains("label noise: rate 0.6, seed 5, flipped 0.5");
    SampleTable table = SampleTable.open(spark(), output());
    int[][] transitions = new int[10][10];
    int flipped = 0;
    List<Sample> train = samples(table, "train");
    for (Sample sample : train) {
      assertThat(sample.trueLabel()).isEqualTo(labels[(int) sample.id()]);
      transitions[sample.trueLabel()][sample.label()]++;
      flipped += sample.label() == sample.trueLabel() ? 0 : 1;
    }
    DatasetDescriptor.LabelNoise noise = table.descriptor().labelNoise();
    assertThat(noise.flipRate()).isEqualTo((double) flipped / train.size());
    // 0.6 of the labels are redrawn and a tenth of those keeps its class: 0.54 flip; three
    // deviations of 2,160 draws.
    assertThat(noise.flipRate()).isCloseTo(0.54, within(0.033));
    for (int trueLabel = 0; trueLabel < 10; trueLabel++) {
      for (int label = 0; label < 10; label++) {
        assertThat(noise.transitions().get(trueLabel).get(label))
            .isEqualTo(transitions[trueLabel][label]);
      }
    }
    for (String split : List.of("validation", "test")) {
      for (Sample sample : samples(table, split)) {
        assertThat(sample.label()).isEqualTo(labels[(int) sample.id()]);
        assertThat(sample.trueLabel()).isEqualTo(Sample.NO_LABEL);
      }
    }
  }

  @Test
  void theFingerprintDoesNotDependOnPartitions() throws Exception {
    Object[] arguments = {"--format", "idx", "--input", imagesFile(), labelsFile(), "--overwrite"};
    DatasetDescriptor first = imported(arguments).descriptor();
    spark().conf().set("spark.sql.shuffle.partitions", "7");
    try {
      DatasetDescriptor second = imported(arguments).descriptor();
      assertThat(second).isEqualTo(first);
    } finally {
      spark().conf().set("spark.sql.shuffle.partitions", "4");
    }
  }

  @Test
  void imagesWithoutLabelsAreRefusedUnlessUnlabelled() throws Exception {
    Path images = imagesFile();
    assertRefused(
        3,
        "Invalid IDX input: ["
            + images
            + "], expected an images file and a labels file (or --unlabelled)",
        "--format",
        "idx",
        "--input",
        images);
    SampleTable table = imported("--format", "idx", "--input", images, "--unlabelled");
    assertThat(table.descriptor().samples("test")).isEqualTo(COUNT);
    assertThat(table.descriptor().splits().get("test").unlabelled()).isEqualTo(COUNT);
  }

  @Test
  void aTruncatedImagesFileIsRefused() throws Exception {
    byte[] whole = idxImages(4, 6, images);
    Path cut = bytes("cut-idx3", Arrays.copyOf(whole, whole.length - 10));
    assertRefused(
        3,
        cut + " is truncated: 72006 bytes, expected 72016 for the 3000 images of its header",
        "--format",
        "idx",
        "--input",
        cut,
        labelsFile());
    Path packed = gzip("cut-idx3.gz", Arrays.copyOf(whole, 500));
    assertRefused(
        3,
        packed + " is truncated: 500 bytes, expected 72016 for the 3000 images of its header",
        "--format",
        "idx",
        "--input",
        packed,
        labelsFile());
    Path stub = bytes("stub-idx3", Arrays.copyOf(whole, 9));
    assertRefused(
        3,
        stub + " is truncated: 9 bytes, expected an IDX header of 16",
        "--format",
        "idx",
        "--input",
        stub,
        labelsFile());
    Path empty = bytes("empty-idx3", new byte[0]);
    assertRefused(
        3,
        empty + " is truncated: 0 bytes, expected an IDX header of 16",
        "--format",
        "idx",
        "--input",
        empty,
        labelsFile());
  }

  @Test
  void aLabelFileOfAnotherLengthIsRefused() throws Exception {
    Path images = imagesFile();
    Path labels = bytes("short-idx1", idxLabels(Arrays.copyOf(this.labels, 2999)));
    assertRefused(
        3,
        labels + " holds 2999 labels, expected 3000 as " + images + " holds images",
        "--format",
        "idx",
        "--input",
        images,
        labels);
  }

  @Test
  void aWrongMagicNumberIsRefused() throws Exception {
    Path images = imagesFile();
    Path labels = labelsFile();
    assertRefused(
        3,
        labels + ": magic number 2049, expected 2051 (IDX images)",
        "--format",
        "idx",
        "--input",
        labels,
        images);
  }

  @Test
  void aLabelOutsideTheRangeIsRefused() throws Exception {
    int[] wrong = labels.clone();
    Arrays.fill(wrong, 0);
    wrong[17] = 10;
    Path file = bytes("wrong-idx1", idxLabels(wrong));
    assertRefused(
        3,
        file + " item 17: label 10 is out of range, expected 0..9",
        "--format",
        "idx",
        "--input",
        imagesFile(),
        file,
        "--classes",
        "10");
  }

  @Test
  void aDirectoryWithoutIdxFilesIsRefused() throws Exception {
    assertRefused(
        3,
        folder
            + " holds no IDX files, expected train-images-idx3-ubyte and train-labels-idx1-ubyte, with or without .gz",
        "--format",
        "idx",
        "--input",
        folder);
    assertRefused(
        3, folder + "/none does not exist", "--format", "idx", "--input", folder + "/none");
  }
}
