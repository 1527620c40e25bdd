package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImportCifarTest extends ImportTesting {

  /** A batch of {@code count} records whose labels count up. */
  private static byte[] batch(int count, int labelBytes, int classes, long seed) {
    Random random = new Random(seed);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      byte[] record = new byte[labelBytes + 3072];
      random.nextBytes(record);
      record[0] = 7;
      record[labelBytes - 1] = (byte) (i % classes);
      out.writeBytes(record);
    }
    return out.toByteArray();
  }

  @Test
  void theBatchesOfADirectoryAreReadInOrder() throws Exception {
    byte[] first = batch(20, 1, 10, 1);
    byte[] second = batch(30, 1, 10, 2);
    byte[] test = batch(10, 1, 10, 3);
    bytes("data_batch_1.bin", first);
    gzip("data_batch_2.bin.gz", second);
    bytes("test_batch.bin", test);
    text("batches.meta.txt", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "");
    SampleTable table = imported("--format", "cifar", "--input", folder);
    assertThat(table.descriptor().shape()).containsExactly(3, 32, 32);
    assertThat(table.descriptor().classNames()).hasSize(10).startsWith("a", "b");
    List<Sample> train = samples(table, "train");
    assertThat(train).hasSize(50);
    assertThat(train.get(21).id()).isEqualTo(21);
    assertThat(train.get(21).label()).isEqualTo(1);
    assertThat(train.get(21).image()).isEqualTo(Arrays.copyOfRange(second, 3073 + 1, 2 * 3073));
    assertThat(samples(table, "test").get(0).id()).isEqualTo(50);
    assertThat(table.descriptor().mean()).hasSize(3);
  }

  @Test
  void cifar100GivesTheFineLabels() throws Exception {
    Path train = bytes("train.bin", batch(200, 2, 100, 1));
    SampleTable table = imported("--format", "cifar", "--input", train, "--test", "0");
    assertThat(table.descriptor().classes()).isEqualTo(100);
    assertThat(samples(table, "train").get(123).label()).isEqualTo(23);
  }

  @Test
  void aFileThatIsNotWholeRecordsIsRefused() throws Exception {
    Path cut = bytes("data_batch_1.bin", Arrays.copyOf(batch(3, 1, 10, 1), 9000));
    assertRefused(
        3,
        cut
            + ": 9000 bytes, expected a whole number of records of 3073 (CIFAR-10) or 3074 bytes (CIFAR-100)",
        "--format",
        "cifar",
        "--input",
        cut);
    Path empty = bytes("data_batch_0.bin", new byte[0]);
    assertRefused(
        3, empty + " is empty, expected CIFAR records", "--format", "cifar", "--input", empty);
  }

  @Test
  void aLabelOutsideTheRangeIsRefused() throws Exception {
    byte[] wrong = batch(10, 1, 10, 1);
    wrong[4 * 3073] = 11;
    Path file = bytes("data_batch_1.bin", wrong);
    assertRefused(
        3,
        file + " record 4: label 11 is out of range, expected 0..9",
        "--format",
        "cifar",
        "--input",
        file);
  }

  @Test
  void aDirectoryWithoutBatchesIsRefused() throws Exception {
    Path other = Files.createDirectory(folder.resolve("other"));
    assertRefused(
        3,
        other + " holds no CIFAR batches, expected .bin files that start with data_batch or train",
        "--format",
        "cifar",
        "--input",
        other);
  }
}
