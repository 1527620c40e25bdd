package io.holdfast.data;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;

/**
 * IDX files of unsigned bytes. All integers of a header are big-endian 32-bit: magic 2051, count,
 * height, width for images; magic 2049, count for labels.
 */
final class IdxReader implements PartReader {
  private static final int IMAGES_MAGIC = 2051;
  private static final int LABELS_MAGIC = 2049;
  private static final int IMAGES_HEADER = 16;
  private static final int LABELS_HEADER = 8;

  private final SparkSession spark;
  private final ImportOptions options;
  private final Configuration conf;

  IdxReader(SparkSession spark, ImportOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  @Override
  public Paths resolve(Paths given, boolean searchTest) {
    List<String> test = given.testInput();
    if (given.input().size() == 1 && test.isEmpty() && searchTest) {
      FileStatus status = InputFiles.find(given.input().get(0), conf);
      if (status != null && status.isDirectory()) {
        List<String> beside = pair(given.input().get(0), "t10k", "test");
        test = beside.size() == 2 ? beside : List.of();
      }
    }
    return new Paths(pairOf(given.input(), "train"), pairOf(test, "t10k", "test"));
  }

  private List<String> pairOf(List<String> named, String... prefixes) {
    if (named.size() != 1) {
      return named;
    }
    String name = named.get(0);
    FileStatus status = InputFiles.find(name, conf);
    if (status != null && status.isFile()) {
      return named;
    }
    List<String> found;
    if (status != null) {
      found = pair(name, prefixes);
    } else {
      int slash = name.lastIndexOf('/');
      String parent = slash < 0 ? "." : name.substring(0, Math.max(1, slash));
      String prefix = name.substring(slash + 1);
      found =
          prefix.isEmpty() || InputFiles.find(parent, conf) == null
              ? List.of()
              : pair(parent, prefix);
      if (found.isEmpty()) {
        throw BadInput.of("%s does not exist", name);
      }
    }
    if (found.isEmpty()) {
      throw BadInput.of(
          "%s holds no IDX files, expected %s-images-idx3-ubyte and %s-labels-idx1-ubyte, with or without .gz",
          name, prefixes[0], prefixes[0]);
    }
    return found;
  }

  /**
   * The images file and, where there is one, the labels file whose names start with one of the
   * prefixes.
   */
  private List<String> pair(String directory, String... prefixes) {
    for (String prefix : prefixes) {
      String images = null;
      String labels = null;
      for (FileStatus status : InputFiles.list(directory, conf)) {
        String name = status.getPath().getName();
        String lower = name.toLowerCase(Locale.ROOT);
        if (status.isFile() && lower.startsWith(prefix.toLowerCase(Locale.ROOT))) {
          if (images == null && lower.contains("images") && lower.contains("idx3")) {
            images = directory + "/" + name;
          } else if (labels == null && lower.contains("labels") && lower.contains("idx1")) {
            labels = directory + "/" + name;
          }
        }
      }
      if (images != null) {
        return labels == null ? List.of(images) : List.of(images, labels);
      }
    }
    return List.of();
  }

  @Override
  public Part read(List<String> paths, LabelPolicy policy, Part train) {
    if (paths.size() > 2 || (paths.size() < 2 && policy == LabelPolicy.REQUIRED)) {
      throw BadInput.of(
          "Invalid IDX input: %s, expected an images file and a labels file (or --unlabelled)",
          paths);
    }
    String imagesFile = paths.get(0);
    long length = InputFiles.length(imagesFile, conf);
    int[] header = header(imagesFile, length, IMAGES_MAGIC, IMAGES_HEADER, "images");
    int count = header[1];
    int height = header[2];
    int width = header[3];
    if (height < 1 || width < 1 || (long) height * width > Integer.MAX_VALUE / 2) {
      throw BadInput.of(
          "%s: images of %d x %d pixels, expected at least 1 x 1", imagesFile, height, width);
    }
    requireLength(
        imagesFile, length, IMAGES_HEADER + (long) count * height * width, count + " images");

    byte[] labels = null;
    if (paths.size() == 2 && policy != LabelPolicy.ABSENT) {
      labels = labels(paths.get(1), policy, imagesFile, count);
    }
    FixedRecords.Layout layout =
        new FixedRecords.Layout(imagesFile, IMAGES_HEADER, height * width, count);
    Broadcast<byte[]> known =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(labels == null ? new byte[0] : labels);
    JavaRDD<Row> rows =
        FixedRecords.read(spark, List.of(layout))
            .map(
                image -> {
                  long index = image._1();
                  Integer label =
                      known.value().length == 0
                          ? null
                          : Byte.toUnsignedInt(known.value()[(int) index]);
                  return RowFactory.create(index, 0, index, null, label, image._2());
                });
    return new Part(
        DatasetDescriptor.Kind.IMAGE,
        List.of(1, height, width),
        List.of(),
        0,
        false,
        List.of(),
        List.of(imagesFile),
        "image",
        spark.createDataFrame(rows, Part.SCHEMA));
  }

  private byte[] labels(String file, LabelPolicy policy, String imagesFile, int images) {
    long length = InputFiles.length(file, conf);
    int count = header(file, length, LABELS_MAGIC, LABELS_HEADER, "labels")[1];
    requireLength(file, length, LABELS_HEADER + (long) count, count + " labels");
    if (count != images) {
      throw BadInput.of(
          "%s holds %d labels, expected %d as %s holds images", file, count, images, imagesFile);
    }
    byte[] whole = InputFiles.head(file, LABELS_HEADER + count, conf);
    byte[] labels = java.util.Arrays.copyOfRange(whole, LABELS_HEADER, whole.length);
    Labels check =
        new Labels(policy, options.classes().orElse(options.classNames().size()), List.of());
    for (int item = 0; item < labels.length; item++) {
      check.check(Byte.toUnsignedLong(labels[item]), file + " item " + item);
    }
    return labels;
  }

  private int[] header(String file, long length, int magic, int bytes, String what) {
    byte[] head = InputFiles.head(file, bytes, conf);
    ByteBuffer header = ByteBuffer.wrap(head);
    if (head.length >= 4 && header.getInt(0) != magic) {
      throw BadInput.of(
          "%s: magic number %d, expected %d (IDX %s)", file, header.getInt(0), magic, what);
    }
    if (head.length < bytes) {
      throw BadInput.of(
          "%s is truncated: %d bytes, expected an IDX header of %d", file, length, bytes);
    }
    List<Integer> values = new ArrayList<>();
    while (header.hasRemaining()) {
      values.add(header.getInt());
    }
    if (values.get(1) < 1) {
      throw BadInput.of("%s: %d %s, expected at least 1", file, values.get(1), what);
    }
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void requireLength(String file, long length, long expected, String what) {
    if (length != expected) {
      throw BadInput.of(
          "%s %s: %d bytes, expected %d for the %s of its header",
          file, length < expected ? "is truncated" : "is too long", length, expected, what);
    }
  }
}
