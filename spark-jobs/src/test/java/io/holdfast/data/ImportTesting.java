package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import io.holdfast.LocalSpark;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of the import share: a folder, the command line, and files to feed it. */
abstract class ImportTesting extends LocalSpark {
  static final Path DIGITS = Path.of("..", "conf", "data", "digits.csv");
  static final Path IRIS = Path.of("..", "conf", "data", "iris.csv");

  @TempDir Path folder;

  @BeforeAll
  static void openSession() {
    spark();
  }

  String output() {
    return folder.resolve("out").toString();
  }

  /** Runs {@code import} with the output directory added. */
  CommandRun runImport(Object... arguments) {
    List<String> line = new ArrayList<>(List.of("import"));
    Arrays.stream(arguments).map(Object::toString).forEach(line::add);
    line.addAll(List.of("--output", output()));
    return CommandRun.of(line.toArray(String[]::new));
  }

  SampleTable imported(Object... arguments) {
    CommandRun run = runImport(arguments);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    return SampleTable.open(spark(), output());
  }

  /** The import is refused with this message, and leaves nothing behind. */
  void assertRefused(int exitCode, String message, Object... arguments) throws IOException {
    List<Path> before = listing();
    CommandRun run = runImport(arguments);
    assertThat(run.err()).isEqualTo("holdfast: " + message + System.lineSeparator());
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(listing()).isEqualTo(before);
  }

  private List<Path> listing() throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.sorted().toList();
    }
  }

  /** Samples of a split in the order of their ids. */
  static List<Sample> samples(SampleTable table, String split) {
    return table.samples(split).collect().stream()
        .sorted((a, b) -> Long.compare(a.id(), b.id()))
        .toList();
  }

  Path text(String name, String... lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  Path bytes(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  Path gzip(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(content);
    }
    return file;
  }

  /** An IDX file of images. */
  static byte[] idxImages(int height, int width, byte[]... images) {
    ByteBuffer file = ByteBuffer.allocate(16 + images.length * height * width);
    file.putInt(2051).putInt(images.length).putInt(height).putInt(width);
    Stream.of(images).forEach(file::put);
    return file.array();
  }

  /** An IDX file of labels. */
  static byte[] idxLabels(int... labels) {
    ByteBuffer file = ByteBuffer.allocate(8 + labels.length).putInt(2049).putInt(labels.length);
    Arrays.stream(labels).forEach(label -> file.put((byte) label));
    return file.array();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
