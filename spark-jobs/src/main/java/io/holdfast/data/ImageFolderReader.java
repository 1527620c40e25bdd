package io.holdfast.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple3;

/**
 * Folders with one sub-folder of PNG or JPEG files per class. Classes are the names of the
 * sub-folders, sorted; images are in the order of class and file name. Unlabelled images may lie
 * anywhere below the folder.
 */
final class ImageFolderReader implements PartReader {
  private static final int IMAGES_PER_TASK = 256;

  private final SparkSession spark;
  private final ImportOptions options;
  private final Configuration conf;

  ImageFolderReader(SparkSession spark, ImportOptions options) {
    this.spark = spark;
    this.options = options;
    this.conf = spark.sparkContext().hadoopConfiguration();
  }

  @Override
  public Part read(List<String> paths, LabelPolicy policy, Part train) {
    paths.forEach(this::requireDirectory);
    List<String> names = policy == LabelPolicy.ABSENT ? List.of() : classNames(paths, train);
    List<Tuple3<Long, String, Integer>> images = new ArrayList<>();
    if (policy == LabelPolicy.ABSENT) {
      InputFiles.expand(paths, conf).forEach(file -> add(images, file, null));
    } else {
      for (int label = 0; label < names.size(); label++) {
        for (String path : paths) {
          String directory = path + "/" + names.get(label);
          if (InputFiles.find(directory, conf) != null) {
            addAll(images, directory, label);
          }
        }
      }
    }
    if (images.isEmpty()) {
      throw BadInput.of(
          "%s holds no images, expected a sub-folder of PNG or JPEG files per class", paths.get(0));
    }
    String firstFile = images.get(0)._2();
    Integer width = options.resize().isEmpty() ? null : options.resize().get(0);
    Integer height = options.resize().isEmpty() ? null : options.resize().get(1);
    List<Integer> shape = shape(firstFile, width, height);
    String model = train == null ? firstFile : train.files().get(0);
    List<Integer> expected = train == null ? shape : train.shape();
    Colour colour = options.colour();

    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(conf));
    int tasks = Math.max(context.defaultParallelism(), images.size() / IMAGES_PER_TASK);
    JavaRDD<Row> rows =
        context
            .parallelize(images, Math.min(tasks, images.size()))
            .map(
                image -> {
                  PixelImage pixels = PixelImage.read(image._2(), colour, hadoop.value().value());
                  if (width != null) {
                    pixels = pixels.resized(width, height);
                  }
                  if (!pixels.shape().equals(expected)) {
                    throw BadInput.of(
                        "%s: %d x %d pixels (width x height), expected %d x %d as in %s, or --resize",
                        image._2(),
                        pixels.width(),
                        pixels.height(),
                        expected.get(2),
                        expected.get(1),
                        model);
                  }
                  return RowFactory.create(
                      image._1(), image._1().intValue(), 0L, null, image._3(), pixels.bytes());
                });
    return new Part(
        DatasetDescriptor.Kind.IMAGE,
        expected,
        names,
        names.size(),
        false,
        List.of(),
        images.stream().map(Tuple3::_2).toList(),
        "image",
        spark.createDataFrame(rows, Part.SCHEMA));
  }

  private void requireDirectory(String path) {
    if (!InputFiles.status(path, conf).isDirectory()) {
      throw BadInput.of("%s is a file, expected a folder of images", path);
    }
  }

  private List<Integer> shape(String file, Integer width, Integer height) {
    if (width != null) {
      return List.of(options.colour().channels(), height, width);
    }
    return PixelImage.read(file, options.colour(), conf).shape();
  }

  private List<String> classNames(List<String> paths, Part train) {
    TreeSet<String> found = new TreeSet<>();
    for (String path : paths) {
      for (FileStatus status : InputFiles.list(path, conf)) {
        if (status.isFile()) {
          throw BadInput.of(
              "%s/%s lies outside a class, expected sub-folders only (or --unlabelled)",
              path, status.getPath().getName());
        }
        found.add(status.getPath().getName());
      }
    }
    List<String> known =
        !options.classNames().isEmpty()
            ? options.classNames()
            : train == null ? List.of() : train.classNames();
    if (known.isEmpty()) {
      return List.copyOf(found);
    }
    for (String name : found) {
      if (!known.contains(name)) {
        throw BadInput.of(
            "%s/%s: unknown class '%s', expected one of %s", paths.get(0), name, name, known);
      }
    }
    return known;
  }

  private void addAll(List<Tuple3<Long, String, Integer>> images, String directory, int label) {
    for (FileStatus status : InputFiles.list(directory, conf)) {
      String file = directory + "/" + status.getPath().getName();
      if (!status.isFile()) {
        throw BadInput.of("%s is a directory, expected images", file);
      }
      add(images, file, label);
    }
  }

  private static void add(List<Tuple3<Long, String, Integer>> images, String file, Integer label) {
    String lower = file.toLowerCase(Locale.ROOT);
    if (!lower.endsWith(".png") && !lower.endsWith(".jpg") && !lower.endsWith(".jpeg")) {
      throw BadInput.of("%s is no image, expected a name that ends in .png, .jpg or .jpeg", file);
    }
    images.add(new Tuple3<>((long) images.size(), file, label));
  }
}
