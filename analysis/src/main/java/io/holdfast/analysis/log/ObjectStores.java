package io.holdfast.analysis.log;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.util.Locale;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What may be written to object stores. There a rename copies and deletes, object by object, and a
 * file that must not exist is not created in one step; so a directory cannot appear at once, and a
 * lease does not keep a second writer out. An object, however, appears whole when it is closed.
 *
 * <p>Reading needs none of this and is always allowed.
 */
public final class ObjectStores {
  /**
   * The Hadoop setting that allows writing; on the command line with {@code spark.hadoop.} before
   * it.
   */
  public static final String COMMIT = "holdfast.objectstore.commit";

  private static final Set<String> SCHEMES =
      Set.of(
          "s3", "s3a", "s3n", "gs", "abfs", "abfss", "wasb", "wasbs", "oss", "obs", "cos", "cosn",
          "swift");

  private enum Commit {
    REFUSED,
    PUT,
    RENAME
  }

  private ObjectStores() {}

  /**
   * Insists on a place where a commit is one step.
   *
   * @param path where a log is going to be written
   * @param conf names the file systems and says what the user vouches for
   * @throws HoldfastException with {@link ExitCode#REFUSED} in an object store that the user does
   *     not vouch for
   */
  public static void requireCommits(Path path, Configuration conf) {
    if (commit(path, conf) == Commit.REFUSED) {
      throw refused(
          path,
          "a commit could be seen half done, and two writers would not notice each other",
          "put (manifests by one PUT; you see to it that one process writes a run) or rename (the"
              + " store renames and creates in one step, as ABFS with a hierarchical namespace)");
    }
  }

  /**
   * Insists on a place where a directory can appear at once.
   *
   * @param path where a directory is going to be written
   * @param conf names the file systems and says what the user vouches for
   * @throws HoldfastException with {@link ExitCode#REFUSED} in an object store, unless the user
   *     vouches for its renames
   */
  public static void requireRename(Path path, Configuration conf) {
    Commit commit = commit(path, conf);
    if (commit == Commit.REFUSED || commit == Commit.PUT) {
      throw refused(
          path,
          "a directory could be seen half written",
          "rename (the store renames directories in one step, as ABFS with a hierarchical"
              + " namespace)");
    }
  }

  /** Whether manifests are written under their final names, without a rename. */
  static boolean commitsByPut(FileSystem fileSystem, Path path) {
    return commit(fileSystem.makeQualified(path), fileSystem.getConf()) == Commit.PUT;
  }

  private static Commit commit(Path path, Configuration conf) {
    String scheme = path.toUri().getScheme();
    if (scheme == null) {
      scheme = FileSystem.getDefaultUri(conf).getScheme();
    }
    if (scheme == null || !SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))) {
      return Commit.RENAME;
    }
    String value = conf.getTrimmed(COMMIT, "");
    return switch (value) {
      case "" -> Commit.REFUSED;
      case "put" -> Commit.PUT;
      case "rename" -> Commit.RENAME;
      default ->
          throw new HoldfastException(
              ExitCode.BAD_INPUT,
              "Invalid value for spark.hadoop."
                  + COMMIT
                  + ": "
                  + value
                  + " (expected put or rename)");
    };
  }

  private static HoldfastException refused(Path path, String danger, String values) {
    return new HoldfastException(
        ExitCode.REFUSED,
        path
            + " is in an object store, whose renames copy and delete: "
            + danger
            + "; expected another file system, such as HDFS, or spark.hadoop."
            + COMMIT
            + " = "
            + values);
  }
}
