package io.holdfast.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;

/**
 * Binary batches of CIFAR-10 (label, then 3 x 32 x 32 bytes) and CIFAR-100 (coarse label, fine
 * label, then the same; the fine label is taken). The length of the files tells which of the two
 * they are.
 */
final class CifarReader implements PartReader {
  private static final List<Integer> SHAPE = List.of(3, 32, 32);
  private static final int PIXELS = 3 * 32 * 32;

  private final SparkSession spark;
  private final ImportOptions options;
  private final Configuration conf;

  CifarReader(SparkSession spark, ImportOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  @Override
  public Paths resolve(Paths given, boolean searchTest) {
    List<String> test = given.testInput();
    if (test.isEmpty()
        && searchTest
        && given.input().size() == 1
        && isDirectory(given.input().get(0))) {
      test = batches(given.input().get(0), "test");
    }
    return new Paths(
        replaceDirectories(given.input(), "data_batch", "train"), replaceDirectories(test, "test"));
  }

  private List<String> replaceDirectories(List<String> names, String... prefixes) {
    List<String> files = new ArrayList<>();
    for (String name : names) {
      if (!isDirectory(name)) {
        files.add(name);
        continue;
      }
      List<String> found = batches(name, prefixes);
      if (found.isEmpty()) {
        throw BadInput.of(
            "%s holds no CIFAR batches, expected .bin files that start with %s",
            name, String.join(" or ", prefixes));
      }
      files.addAll(found);
    }
    return files;
  }

  private boolean isDirectory(String name) {
    FileStatus status = InputFiles.find(name, conf);
    return status != null && status.isDirectory();
  }

  private List<String> batches(String directory, String... prefixes) {
    return InputFiles.list(directory, conf).stream()
        .filter(FileStatus::isFile)
        .map(status -> status.getPath().getName())
        .filter(name -> name.endsWith(".bin") || name.endsWith(".bin.gz"))
        .filter(name -> Arrays.stream(prefixes).anyMatch(name::startsWith))
        .map(name -> directory + "/" + name)
        .toList();
  }

  @Override
  public Part read(List<String> paths, LabelPolicy policy, Part train) {
    long[] lengths = paths.stream().mapToLong(path -> InputFiles.length(path, conf)).toArray();
    int labelBytes = lengths[0] % (PIXELS + 1) == 0 ? 1 : 2;
    int recordBytes = PIXELS + labelBytes;
    int classes = labelBytes == 1 ? 10 : 100;
    List<FixedRecords.Layout> layouts = new ArrayList<>();
    long[] ends = new long[lengths.length];
    long end = 0;
    for (int file = 0; file < lengths.length; file++) {
      requireWhole(paths, lengths, file, recordBytes);
      long count = lengths[file] / recordBytes;
      layouts.add(new FixedRecords.Layout(paths.get(file), 0, recordBytes, count));
      end += count;
      ends[file] = end;
    }
    if (train != null && train.classes() != classes) {
      throw BadInput.of(
          "%s holds CIFAR-%d, expected CIFAR-%d as in %s",
          paths.get(0), classes, train.classes(), train.files().get(0));
    }
    ArrayList<String> files = new ArrayList<>(paths);
    Labels labels = new Labels(policy, classes, List.of());
    JavaRDD<Row> rows =
        FixedRecords.read(spark, layouts)
            .map(
                record -> {
                  long position = record._1();
                  int file = 0;
                  while (position >= ends[file]) {
                    file++;
                  }
                  long index = position - (file == 0 ? 0 : ends[file - 1]);
                  byte[] bytes = record._2();
                  Integer label =
                      labels.check(
                          Byte.toUnsignedLong(bytes[labelBytes - 1]),
                          files.get(file) + " record " + index);
                  byte[] image = Arrays.copyOfRange(bytes, labelBytes, bytes.length);
                  return RowFactory.create(position, file, index, null, label, image);
                });
    return new Part(
        DatasetDescriptor.Kind.IMAGE,
        SHAPE,
        classNames(paths.get(0), classes),
        classes,
        false,
        List.of(),
        files,
        "record",
        spark.createDataFrame(rows, Part.SCHEMA));
  }

  private static void requireWhole(List<String> paths, long[] lengths, int file, int recordBytes) {
    if (lengths[file] == 0) {
      throw BadInput.of("%s is empty, expected CIFAR records", paths.get(file));
    }
    if (lengths[file] % recordBytes == 0) {
      return;
    }
    if (file == 0) {
      throw BadInput.of(
          "%s: %d bytes, expected a whole number of records of %d (CIFAR-10) or %d bytes (CIFAR-100)",
          paths.get(0), lengths[0], PIXELS + 1, PIXELS + 2);
    }
    throw BadInput.of(
        "%s: %d bytes, expected a whole number of records of %d bytes as in %s",
        paths.get(file), lengths[file], recordBytes, paths.get(0));
  }

  /** Names from the text file that comes with the batches, where it is there and fits. */
  private List<String> classNames(String batch, int classes) {
    Path parent = new Path(batch).getParent();
    String name = classes == 10 ? "batches.meta.txt" : "fine_label_names.txt";
    String file = parent == null ? name : new Path(parent, name).toString();
    if (!options.classNames().isEmpty() || InputFiles.find(file, conf) == null) {
      return List.of();
    }
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(InputFiles.open(file, 0, conf), StandardCharsets.UTF_8))) {
      List<String> names = in.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
      return names.size() == classes ? names : List.of();
    } catch (IOException e) {
      throw InputFiles.failure(file, e);
    }
  }
}
