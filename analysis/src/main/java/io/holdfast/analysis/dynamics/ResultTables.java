package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.ObjectStores;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Writes result tables so that a reader sees the old ones or the new ones: everything is written
 * under a hidden name in the same directory, then each table is swapped by two renames. What else
 * lies in the directory is left alone.
 */
public final class ResultTables {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final String HIDDEN_PREFIX = "_holdfast-analyze-";

  private final Path directory;
  private final Path staged;
  private final Path replaced;
  private final FileSystem fileSystem;
  private final List<String> names = new ArrayList<>();

  /**
   * Prepares the directory and removes what a killed job left in it.
   *
   * @param conf names the file systems
   * @param out the directory, on any Hadoop file system
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the path is a file
   */
  public ResultTables(Configuration conf, String out) {
    directory = new Path(out);
    ObjectStores.requireRename(directory, conf);
    String unique = HIDDEN_PREFIX + UUID.randomUUID();
    staged = new Path(directory, unique + "-new");
    replaced = new Path(directory, unique + "-old");
    try {
      fileSystem = directory.getFileSystem(conf);
      if (fileSystem.exists(directory) && !fileSystem.getFileStatus(directory).isDirectory()) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, out + " is a file, expected a directory for the result tables");
      }
      fileSystem.mkdirs(directory);
      for (FileStatus status : fileSystem.listStatus(directory)) {
        if (status.getPath().getName().startsWith(HIDDEN_PREFIX)) {
          fileSystem.delete(status.getPath(), true);
        }
      }
      fileSystem.mkdirs(staged);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /**
   * Writes a table, not visible yet.
   *
   * @param name of the directory
   * @param rows the table
   */
  public void table(String name, Dataset<Row> rows) {
    rows.write().parquet(new Path(staged, name).toString());
    names.add(name);
  }

  /**
   * Writes a JSON file, not visible yet.
   *
   * @param name of the file
   * @param value what Jackson can write
   */
  public void json(String name, Object value) {
    try {
      text(name, JSON.writeValueAsString(value) + "\n");
    } catch (JsonProcessingException e) {
      throw failure(e);
    }
  }

  /**
   * Writes a text file in UTF-8, not visible yet.
   *
   * @param name of the file
   * @param content the text
   */
  public void text(String name, String content) {
    try (OutputStream out = fileSystem.create(new Path(staged, name), true)) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw failure(e);
    }
    names.add(name);
  }

  /** Makes everything written visible in place of what was there. */
  public void publish() {
    try {
      fileSystem.mkdirs(replaced);
      for (String name : names) {
        Path target = new Path(directory, name);
        if (fileSystem.exists(target)) {
          rename(target, new Path(replaced, name));
        }
        rename(new Path(staged, name), target);
      }
      discard();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (!fileSystem.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /** Removes what is hidden; what was published stays. */
  public void discard() {
    try {
      fileSystem.delete(staged, true);
      fileSystem.delete(replaced, true);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private HoldfastException failure(IOException e) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot write to " + directory + ": " + e.getMessage(), e);
  }
}
