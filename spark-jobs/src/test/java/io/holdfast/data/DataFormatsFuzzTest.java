package io.holdfast.data;

import io.holdfast.LocalSpark;
import io.holdfast.analysis.structure.ClassMatrixFile;
import io.holdfast.fuzz.FuzzedFormat;
import io.holdfast.fuzz.Fuzzer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.Partition;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext$;
import org.apache.spark.TaskContextImpl;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.LogicalRDD;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.BlockManager;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

/** Files of samples, changed at random. */
class DataFormatsFuzzTest extends LocalSpark {
  private static final int QUICK = 150;
  private static final int WITH_SPARK = 30;

  @TempDir static Path folder;

  private final Configuration conf = spark().sparkContext().hadoopConfiguration();

  @BeforeAll
  static void openSession() {
    spark();
  }

  private static byte[] points() {
    StringBuilder csv = new StringBuilder("width,height,weight,label\n");
    for (int i = 0; i < 20; i++) {
      csv.append(i * 0.5).append(',').append(-i).append(',').append(i / 3f).append(',');
      csv.append(i % 2).append('\n');
    }
    return csv.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] texts() {
    StringBuilder csv = new StringBuilder("text,label\n");
    for (int i = 0; i < 20; i++) {
      csv.append("\"word ").append(i % 5).append(", said \"\"\u00e9\u4e2d\"\"\nagain\",");
      csv.append(i % 2).append('\n');
    }
    return csv.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static Path write(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  /** Reads the rows as the tasks of an import do, without a job for each of thousands of files. */
  private static void readAll(Part part) {
    RDD<InternalRow> rows = ((LogicalRDD) part.rows().queryExecution().logical()).rdd();
    TaskContextImpl task = TaskContext$.MODULE$.empty();
    TaskContext$.MODULE$.setTaskContext(task);
    BlockManager blocks = SparkEnv.get().blockManager();
    blocks.registerTask(task.taskAttemptId());
    try {
      for (Partition partition : rows.partitions()) {
        scala.collection.Iterator<InternalRow> found = rows.iterator(partition, task);
        while (found.hasNext()) {
          found.next();
        }
      }
    } finally {
      task.markTaskCompleted(Option.empty());
      blocks.releaseAllLocksForTask(task.taskAttemptId());
      TaskContext$.MODULE$.unset();
    }
  }

  /** Reads the rows as an import does. */
  private static void readByJob(Part part) {
    part.rows().javaRDD().count();
  }

  private ImportOptions.Builder options(ImportFormat format) {
    return ImportOptions.builder(format, List.of("-"), "-");
  }

  @Test
  void descriptors() throws IOException {
    Vocabulary vocabulary = new Vocabulary(List.of("a", "bb"), 1, 1);
    write("described/vocabulary.json", vocabulary.toBytes());
    Files.createDirectories(folder.resolve("again"));
    List<byte[]> corpus = new ArrayList<>();
    for (DatasetDescriptor descriptor :
        List.of(
            descriptor(DatasetDescriptor.Kind.TABULAR, List.of(3), 3, null),
            descriptor(DatasetDescriptor.Kind.IMAGE, List.of(1, 4, 5), 1, null),
            descriptor(DatasetDescriptor.Kind.TEXT, List.of(), 0, vocabulary.describe()))) {
      corpus.add(again(descriptor));
    }
    FuzzedFormat format =
        new FuzzedFormat(
            "dataset.json",
            true,
            corpus,
            List.of("described"),
            (content, number) -> {
              write("described/dataset.json", content);
              SampleTable table = SampleTable.open(spark(), folder.resolve("described").toString());
              DatasetDescriptor data = table.descriptor();
              data.inputSize();
              for (int label = 0; label < data.classes(); label++) {
                data.describeClass(label);
              }
              for (String split : data.splits().keySet()) {
                Assertions.assertThat(data.splits().get(split).perClass()).hasSize(data.classes());
              }
              Assertions.assertThat(data.mean())
                  .hasSameSizeAs(data.deviation())
                  .doesNotContainNull();
              if (data.kind() == DatasetDescriptor.Kind.TEXT) {
                table.vocabulary();
              }
              again(data);
            });
    Fuzzer.check(format, QUICK, 1);
  }

  private byte[] again(DatasetDescriptor descriptor) throws IOException {
    org.apache.hadoop.fs.Path directory =
        new org.apache.hadoop.fs.Path(folder.resolve("again").toString());
    DescriptorFile.write(FileSystem.getLocal(conf), directory, descriptor);
    return Files.readAllBytes(folder.resolve("again/dataset.json"));
  }

  private static DatasetDescriptor descriptor(
      DatasetDescriptor.Kind kind,
      List<Integer> shape,
      int scaled,
      DatasetDescriptor.TextVocabulary vocabulary) {
    String hash = "0123456789abcdef".repeat(4);
    DatasetDescriptor.SplitSummary split =
        new DatasetDescriptor.SplitSummary(5, List.of(2L, 3L), 0, hash);
    return new DatasetDescriptor(
        DatasetDescriptor.FORMAT,
        kind,
        2,
        List.of("no", "yes"),
        shape,
        Map.of(SampleTable.TRAIN, split, SampleTable.TEST, split),
        Collections.nCopies(scaled, 0.5),
        Collections.nCopies(scaled, 2.0),
        hash,
        vocabulary,
        new DatasetDescriptor.LabelNoise(
            NoiseKind.SYMMETRIC,
            0.2,
            true,
            NoiseDraws.INDEPENDENT,
            1,
            List.of(),
            0.1,
            List.of(List.of(2L, 0L), List.of(1L, 2L))),
        new DatasetDescriptor.Imbalance(10, 1, List.of(0L, 4L)),
        1,
        Map.of("format", "csv"));
  }

  @Test
  void vocabularies() {
    byte[] words = new Vocabulary(List.of("word", "said", "again", "3"), 1, 1).toBytes();
    byte[] pairs = new Vocabulary(List.of("a", "bb", "\u00e9"), 2, 1000).toBytes();
    FuzzedFormat format =
        new FuzzedFormat(
            "vocabulary.json",
            true,
            List.of(words, pairs),
            List.of("words.json"),
            (content, number) -> {
              Vocabulary read = Vocabulary.fromBytes(content, "words.json");
              read.size();
              read.describe();
              for (int id : read.ids("word 3 said again bb a", 4)) {
                Assertions.assertThat(id).isBetween(0, read.size() - 1);
              }
            });
    Fuzzer.check(format, QUICK, 1);
  }

  @Test
  void classMatrices() throws IOException {
    double[][] similarity = {{0, 0.25, 0.75}, {0.5, 0, 0.5}, {1, 0, 0}};
    String ours = folder.resolve("ours.json").toString();
    try (NewOutput output = NewOutput.prepare(NewOutput.Kind.FILE, ours, true, conf)) {
      new ClassMatrix(ClassMatrix.FORMAT, 3, similarity).write(output);
    }
    List<byte[]> corpus =
        List.of(
            Files.readAllBytes(folder.resolve("ours.json")),
            "[[0, 1, 2], [1, 0, 3], [2, 3, 0]]".getBytes(StandardCharsets.UTF_8));
    FuzzedFormat training =
        new FuzzedFormat(
            "similarity matrix",
            true,
            corpus.subList(0, 1),
            List.of("matrix.json"),
            (content, number) ->
                ClassMatrix.readSimilarity(spark(), write("matrix.json", content).toString(), 3));
    Fuzzer.check(training, QUICK, 1);
    FuzzedFormat compared =
        new FuzzedFormat(
            "class matrix",
            true,
            corpus,
            List.of("matrix.json", "class matrix human"),
            (content, number) ->
                ClassMatrixFile.read(conf, "human", write("matrix.json", content).toString()));
    Fuzzer.check(compared, QUICK, 1);
  }

  @Test
  void images() throws IOException {
    List<byte[]> corpus = new ArrayList<>();
    for (int type :
        new int[] {
          BufferedImage.TYPE_INT_RGB,
          BufferedImage.TYPE_BYTE_GRAY,
          BufferedImage.TYPE_BYTE_BINARY,
          BufferedImage.TYPE_BYTE_INDEXED,
          BufferedImage.TYPE_USHORT_GRAY,
          BufferedImage.TYPE_4BYTE_ABGR
        }) {
      BufferedImage image = new BufferedImage(9, 7, type);
      Random random = new Random(type);
      for (int i = 0; i < 63; i++) {
        image.setRGB(i % 9, i / 9, random.nextInt());
      }
      for (String encoding : List.of("png", "jpg")) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (ImageIO.write(image, encoding, out)) {
          corpus.add(out.toByteArray());
        }
      }
    }
    FuzzedFormat format =
        new FuzzedFormat(
            "images",
            false,
            corpus,
            List.of("image.png"),
            (content, number) -> {
              String file = write("image.png", content).toString();
              Colour colour = number % 2 == 0 ? Colour.RGB : Colour.GREY;
              PixelImage.read(file, colour, conf).resized(5, 6);
            });
    Fuzzer.check(format, QUICK, 1);
  }

  @Test
  void idx() throws IOException {
    byte[] images = ImportTesting.idxImages(3, 2, new byte[6], new byte[] {1, 2, 3, 4, 5, 6});
    byte[] labels = ImportTesting.idxLabels(1, 0);
    FuzzedFormat format =
        new FuzzedFormat(
            "idx",
            false,
            List.of(images, labels),
            List.of("digits-images", "digits-labels"),
            (content, number) -> {
              boolean changesImages = content.length > 12;
              List<String> files =
                  List.of(
                      write("digits-images", changesImages ? content : images).toString(),
                      write("digits-labels", changesImages ? labels : content).toString());
              readAll(
                  new IdxReader(spark(), options(ImportFormat.IDX).build())
                      .read(files, LabelPolicy.REQUIRED, null));
            });
    Fuzzer.check(format, WITH_SPARK, 1);
  }

  @Test
  void cifar() throws IOException {
    byte[] ten = new byte[2 * 3073];
    byte[] hundred = new byte[3 * 3074];
    ten[3073] = 9;
    hundred[1] = 99;
    FuzzedFormat format =
        new FuzzedFormat(
            "cifar",
            false,
            List.of(ten, hundred),
            List.of("batch.bin"),
            (content, number) ->
                readAll(
                    new CifarReader(spark(), options(ImportFormat.CIFAR).build())
                        .read(
                            List.of(write("batch.bin", content).toString()),
                            LabelPolicy.REQUIRED,
                            null)));
    Fuzzer.check(format, WITH_SPARK, 1);
  }

  @Test
  void csv() throws IOException {
    byte[] bare = "1,2,0\n3,4,1\n5,6,\n".getBytes(StandardCharsets.UTF_8);
    byte[] quoted = "a,b,label\n\"1\",\" 2\",0\r\n1e3,-4.5,1\r\n".getBytes(StandardCharsets.UTF_8);
    FuzzedFormat format =
        new FuzzedFormat(
            "csv",
            false,
            List.of(points(), bare, quoted),
            List.of("table.csv"),
            (content, number) ->
                readAll(
                    new CsvReader(spark(), options(ImportFormat.CSV).build())
                        .read(
                            List.of(write("table.csv", content).toString()),
                            number % 2 == 0 ? LabelPolicy.REQUIRED : LabelPolicy.OPTIONAL,
                            null)));
    Fuzzer.check(format, WITH_SPARK, 1);
  }

  @Test
  void text() throws IOException {
    byte[] bare = "a b,0\nc,1\n".getBytes(StandardCharsets.UTF_8);
    TextOptions texts = new TextOptions(List.of("1"), 100, 1, 1, 10, 0);
    FuzzedFormat format =
        new FuzzedFormat(
            "text",
            false,
            List.of(texts(), bare),
            List.of("texts.csv"),
            (content, number) ->
                readAll(
                    new TextReader(spark(), options(ImportFormat.TEXT).text(texts).build())
                        .read(
                            List.of(write("mutated/texts.csv", content).toString()),
                            LabelPolicy.REQUIRED,
                            null)));
    Fuzzer.check(format, WITH_SPARK, 1);
  }

  @Test
  void parquet() throws IOException {
    Path table = folder.resolve("parquet");
    for (String codec : List.of("snappy", "none", "gzip")) {
      spark()
          .createDataFrame(
              List.of(
                  RowFactory.create(7L, 0, new float[] {1, 2}),
                  RowFactory.create(8L, 1, new float[] {3, 4})),
              StructType.fromDDL("sample_id BIGINT, label INT, features ARRAY<FLOAT>"))
          .coalesce(1)
          .write()
          .mode("append")
          .option("compression", codec)
          .parquet(table.toString());
    }
    List<byte[]> corpus = new ArrayList<>();
    try (Stream<Path> files = Files.list(table)) {
      for (Path file : files.filter(name -> name.toString().endsWith(".parquet")).toList()) {
        corpus.add(Files.readAllBytes(file));
      }
    }
    FuzzedFormat format =
        new FuzzedFormat(
            "parquet import",
            false,
            corpus,
            List.of("points.parquet"),
            (content, number) -> {
              // A name of its own: Spark keeps what it listed.
              Path file = write("parquet-" + number + "/points.parquet", content);
              readByJob(
                  new ParquetReader(spark(), options(ImportFormat.PARQUET).build())
                      .read(List.of(file.toString()), LabelPolicy.REQUIRED, null));
              Files.delete(file);
            });
    Fuzzer.check(format, 3, 0.05);
  }
}
