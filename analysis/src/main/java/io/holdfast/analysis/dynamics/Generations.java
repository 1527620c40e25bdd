package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogFiles;
import io.holdfast.analysis.log.ObjectStores;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The results of analyses in one directory, each a <em>generation</em>: all tables of one analysis,
 * in {@code .holdfast/generation-N}. A generation appears at once, when its manifest gets its name,
 * is never changed, and is deleted when two newer ones exist.
 *
 * <p>For readers of single tables a copy of each of the newest generation lies beside {@code
 * .holdfast}, replaced as a whole after the commit. What else lies in the directory is left alone.
 */
final class Generations implements AutoCloseable {
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final String PRIVATE = ".holdfast";
  private static final String GENERATION = "generation-";
  private static final String MANIFEST = "manifest.json";
  private static final String MARK = "_generation";
  private static final String HIDDEN_PREFIX = "_holdfast-analyze-";
  private static final String LEASE = "lease.json";
  private static final Duration LIFETIME = Duration.ofMinutes(2);
  private static final int KEPT = 2;

  private final Configuration conf;
  private final Path directory;
  private final Path home;
  private final FileSystem fileSystem;
  private final boolean created;
  private final Lease lease;
  private final List<String> names = new ArrayList<>();
  private final AnalysisManifest newest;
  private final long next;

  private Generations(
      Configuration conf, Path directory, FileSystem fileSystem, boolean created, Lease lease)
      throws IOException {
    this.conf = conf;
    this.directory = directory;
    this.home = new Path(directory, PRIVATE);
    this.fileSystem = fileSystem;
    this.created = created;
    this.lease = lease;
    List<Long> numbers = numbers();
    newest = newest(numbers);
    next = numbers.isEmpty() ? 1 : numbers.get(numbers.size() - 1) + 1;
  }

  /**
   * Takes the lease of a directory.
   *
   * @param out the directory, on any Hadoop file system; made where it does not exist
   * @param patience how long to wait for another analysis
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the path is a file, with {@link
   *     ExitCode#REFUSED} where another analysis writes there
   */
  static Generations open(Configuration conf, String out, Duration patience) {
    Path directory = new Path(out);
    ObjectStores.requireRename(directory, conf);
    try {
      FileSystem fileSystem = LogFiles.fileSystem(directory, conf);
      boolean exists = fileSystem.exists(directory);
      if (exists && !fileSystem.getFileStatus(directory).isDirectory()) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, out + " is a file, expected a directory for the result tables");
      }
      Path home = new Path(directory, PRIVATE);
      fileSystem.mkdirs(home);
      Lease lease =
          Lease.await(conf, new Path(home, LEASE), "The analysis in " + out, LIFETIME, patience);
      try {
        return new Generations(conf, directory, fileSystem, !exists, lease);
      } catch (IOException | RuntimeException e) {
        lease.close();
        throw e;
      }
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  private List<Long> numbers() throws IOException {
    List<Long> numbers = new ArrayList<>();
    for (FileStatus status : fileSystem.listStatus(home)) {
      String name = status.getPath().getName();
      if (name.matches(GENERATION + "[0-9]{6,18}")) {
        numbers.add(Long.valueOf(name.substring(GENERATION.length())));
      }
    }
    numbers.sort(null);
    return numbers;
  }

  private AnalysisManifest newest(List<Long> numbers) throws IOException {
    for (int i = numbers.size() - 1; i >= 0; i--) {
      Path path = new Path(generation(numbers.get(i)), MANIFEST);
      try (InputStream in = fileSystem.open(path)) {
        return JSON.readValue(in.readAllBytes(), AnalysisManifest.class);
      } catch (FileNotFoundException e) {
        // Never committed.
        continue;
      } catch (JsonProcessingException e) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            path
                + " is no manifest of an analysis: "
                + e.getOriginalMessage()
                + "; delete "
                + home
                + " to analyse from the start",
            e);
      }
    }
    return null;
  }

  private Path generation(long number) {
    return new Path(home, String.format(Locale.ROOT, "%s%06d", GENERATION, number));
  }

  /** The manifest of the newest generation; null where there is none. */
  AnalysisManifest newest() {
    return newest;
  }

  /** The number that the next generation will have. */
  long next() {
    return next;
  }

  /** A table of the newest generation. */
  Path newestTable(String name) {
    return new Path(generation(newest.generation()), name);
  }

  /** The Parquet files of a table. */
  List<FileStatus> files(Path table) {
    try {
      return Arrays.stream(fileSystem.listStatus(table))
          .filter(status -> status.getPath().getName().endsWith(".parquet"))
          .toList();
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** Where the next generation's table goes. */
  Path stagedTable(String name) {
    return new Path(generation(next), name);
  }

  /** Deletes a table of the next generation that was written in vain. */
  void forget(String name) {
    try {
      fileSystem.delete(stagedTable(name), true);
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** Writes a table of the next generation that is not for readers. */
  Path state(String name, Dataset<Row> rows) {
    Path path = stagedTable(name);
    // A file holds samples as a whole, whatever the session says of sizes.
    rows.write()
        .option("compression", "zstd")
        .option("maxRecordsPerFile", 0)
        .parquet(path.toString());
    return path;
  }

  /** Writes a table of the next generation. */
  void table(String name, Dataset<Row> rows) {
    rows.write().parquet(stagedTable(name).toString());
    names.add(name);
  }

  /** Writes a JSON file of the next generation. */
  void json(String name, Object value) {
    try {
      write(stagedTable(name), JSON.writeValueAsString(value) + "\n");
    } catch (IOException e) {
      throw failure(directory, e);
    }
    names.add(name);
  }

  private void write(Path path, String content) throws IOException {
    try (OutputStream out = fileSystem.create(path, true)) {
      out.write(content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
  }

  /** The names of the tables and files of the next generation. */
  List<String> names() {
    return List.copyOf(names);
  }

  /**
   * Makes the next generation the newest.
   *
   * @throws HoldfastException with {@link ExitCode#REFUSED} where the lease was lost
   */
  void commit(AnalysisManifest manifest) {
    try {
      lease.requireHeld();
      Path target = stagedTable(MANIFEST);
      Path pending = stagedTable("_" + MANIFEST);
      write(pending, JSON.writeValueAsString(manifest) + "\n");
      rename(pending, target);
      publish(manifest);
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** Finishes what a killed analysis left undone after its commit. */
  void repair() {
    if (newest == null) {
      return;
    }
    try {
      publish(newest);
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  private void publish(AnalysisManifest manifest) throws IOException {
    clean();
    for (String name : manifest.tables()) {
      Path source = new Path(generation(manifest.generation()), name);
      Path target = new Path(directory, name);
      if (fileSystem.getFileStatus(source).isDirectory()) {
        publishTable(manifest, source, target);
      } else {
        publishFile(source, target);
      }
    }
    for (long number : numbers()) {
      boolean committed = fileSystem.exists(new Path(generation(number), MANIFEST));
      if (number <= manifest.generation() - KEPT || !committed) {
        fileSystem.delete(generation(number), true);
      }
    }
  }

  private void clean() throws IOException {
    for (FileStatus status : fileSystem.listStatus(directory)) {
      if (status.getPath().getName().startsWith(HIDDEN_PREFIX)) {
        fileSystem.delete(status.getPath(), true);
      }
    }
  }

  private void publishTable(AnalysisManifest manifest, Path source, Path target)
      throws IOException {
    Path mark = new Path(target, MARK);
    String content = manifest.generation() + " " + manifest.id() + "\n";
    if (fileSystem.exists(mark) && read(mark).equals(content)) {
      return;
    }
    Path copy = hidden();
    FileUtil.copy(fileSystem, source, fileSystem, copy, false, true, conf);
    write(new Path(copy, MARK), content);
    Path old = hidden();
    if (fileSystem.exists(target)) {
      rename(target, old);
    }
    rename(copy, target);
    fileSystem.delete(old, true);
  }

  private void publishFile(Path source, Path target) throws IOException {
    if (fileSystem.exists(target) && read(target).equals(read(source))) {
      return;
    }
    Path copy = hidden();
    FileUtil.copy(fileSystem, source, fileSystem, copy, false, true, conf);
    fileSystem.delete(target, true);
    rename(copy, target);
  }

  private Path hidden() {
    return new Path(directory, HIDDEN_PREFIX + UUID.randomUUID());
  }

  private String read(Path path) throws IOException {
    try (InputStream in = fileSystem.open(path)) {
      return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (!fileSystem.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /** Removes what was not committed and gives the lease back. */
  @Override
  public void close() {
    try {
      try {
        if (!fileSystem.exists(stagedTable(MANIFEST))) {
          fileSystem.delete(generation(next), true);
        }
      } finally {
        lease.close();
      }
      if (created) {
        deleteIfEmpty(home);
        deleteIfEmpty(directory);
      }
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  private void deleteIfEmpty(Path path) throws IOException {
    if (fileSystem.exists(path) && fileSystem.listStatus(path).length == 0) {
      fileSystem.delete(path, false);
    }
  }

  private static HoldfastException failure(Path directory, IOException e) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot write to " + directory + ": " + e.getMessage(), e);
  }
}
