package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.Lease;
import io.holdfast.analysis.log.LogFiles;
import io.holdfast.analysis.log.ObjectStores;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
 * under a hidden name in the same directory, then each table is swapped by two renames. A table
 * that was taken away by a job which died before the second is put back by the next. One job writes
 * to a directory at a time. What else lies in it is left alone.
 */
public final class ResultTables {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final String HIDDEN_PREFIX = "_holdfast-tables-";
  private static final String REPLACED_SUFFIX = "-old";
  private static final String LEASE = "_holdfast-tables.lease";
  private static final Duration LIFETIME = Duration.ofMinutes(2);

  private final Path directory;
  private final Path staged;
  private final Path replaced;
  private final FileSystem fileSystem;
  private final Lease lease;
  private final List<String> names = new ArrayList<>();

  /**
   * Prepares the directory, cleans up after a killed job and keeps other jobs out until {@link
   * #discard}.
   *
   * @param conf names the file systems
   * @param out the directory, on any Hadoop file system
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where the path is a file, with {@link
   *     ExitCode#REFUSED} where another job writes there
   */
  public ResultTables(Configuration conf, String out) {
    directory = new Path(out);
    ObjectStores.requireRename(directory, conf);
    String unique = HIDDEN_PREFIX + UUID.randomUUID();
    staged = new Path(directory, unique + "-new");
    replaced = new Path(directory, unique + REPLACED_SUFFIX);
    try {
      fileSystem = LogFiles.fileSystem(directory, conf);
      if (fileSystem.exists(directory) && !fileSystem.getFileStatus(directory).isDirectory()) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT, out + " is a file, expected a directory for the result tables");
      }
      lease =
          Lease.acquire(
              conf, new Path(directory, LEASE), "The directory of results " + out, LIFETIME);
      try {
        for (FileStatus status : fileSystem.listStatus(directory)) {
          if (status.getPath().getName().startsWith(HIDDEN_PREFIX)) {
            remove(status.getPath());
          }
        }
        fileSystem.mkdirs(staged);
      } catch (IOException | RuntimeException e) {
        lease.close();
        throw e;
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** Deletes a hidden directory, of replaced tables only those that have a successor. */
  private void remove(Path hidden) throws IOException {
    if (hidden.getName().endsWith(REPLACED_SUFFIX) && fileSystem.exists(hidden)) {
      for (FileStatus status : fileSystem.listStatus(hidden)) {
        Path target = new Path(directory, status.getPath().getName());
        if (!fileSystem.exists(target)) {
          rename(status.getPath(), target);
        }
      }
    }
    fileSystem.delete(hidden, true);
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

  /**
   * Makes everything written visible in place of what was there.
   *
   * @throws HoldfastException with {@link ExitCode#REFUSED} where the right to write was lost
   */
  public void publish() {
    lease.requireHeld();
    try {
      fileSystem.mkdirs(replaced);
      for (String name : names) {
        Path target = new Path(directory, name);
        if (fileSystem.exists(target)) {
          rename(target, new Path(replaced, name));
        }
        rename(new Path(staged, name), target);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private void rename(Path from, Path to) throws IOException {
    if (!fileSystem.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }

  /** Removes what is hidden and lets other jobs in; what was published stays. To be called once. */
  public void discard() {
    try {
      remove(staged);
      remove(replaced);
    } catch (IOException e) {
      throw failure(e);
    } finally {
      lease.close();
    }
  }

  private HoldfastException failure(IOException e) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot write to " + directory + ": " + e.getMessage(), e);
  }
}
