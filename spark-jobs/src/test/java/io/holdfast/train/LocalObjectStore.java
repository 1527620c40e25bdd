package io.holdfast.train;

import io.holdfast.OtherLocalFileSystem;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * A file system with the semantics of an object store, over local files of the same absolute path:
 * an object appears when it is closed; whether one exists is asked before it is written, not in the
 * same step; a rename copies, visibly, and deletes, file by file, and never replaces. It shows what
 * S3 may do to a commit protocol; it speaks to no S3.
 */
public final class LocalObjectStore extends OtherLocalFileSystem {
  /** Names of the objects that renames have made. */
  static final List<String> RENAMED = new CopyOnWriteArrayList<>();

  /** A rename to a name that contains this stops half-way; null for none. */
  static volatile String breaksAt;

  /** How many trees or files are deleted recursively until nothing is any more. */
  static volatile int deletions = Integer.MAX_VALUE;

  private URI uri;

  @Override
  public void initialize(URI name, Configuration conf) throws IOException {
    super.initialize(name, conf);
    uri = URI.create(name.getScheme() + "://" + name.getAuthority());
  }

  @Override
  public URI getUri() {
    return uri == null ? super.getUri() : uri;
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    return create(path, overwrite, bufferSize, replication, blockSize, progress);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    if (!overwrite && exists(path)) {
      throw new FileAlreadyExistsException(path + " exists");
    }
    File target = pathToFile(path);
    OutputStream upload =
        new ByteArrayOutputStream() {
          @Override
          public void close() throws IOException {
            Files.createDirectories(target.toPath().getParent());
            java.nio.file.Path part =
                Files.createTempFile(target.toPath().getParent().getParent(), ".upload", null);
            Files.write(part, toByteArray());
            Files.move(part, target.toPath(), StandardCopyOption.ATOMIC_MOVE);
          }
        };
    return new FSDataOutputStream(upload, null);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    if (recursive && deletions-- <= 0) {
      throw new IOException("The connection was lost before " + path.getName() + " was deleted");
    }
    return super.delete(path, recursive);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    if (exists(to)) {
      return false;
    }
    move(pathToFile(from), pathToFile(to));
    return true;
  }

  private static void move(File from, File to) throws IOException {
    if (from.isDirectory()) {
      File[] files = from.listFiles();
      Arrays.sort(files);
      for (File file : files) {
        move(file, new File(to, file.getName()));
      }
      Files.delete(from.toPath());
      return;
    }
    byte[] content = Files.readAllBytes(from.toPath());
    Files.createDirectories(to.toPath().getParent());
    Files.write(to.toPath(), Arrays.copyOf(content, content.length / 2));
    if (breaksAt != null && to.toString().contains(breaksAt)) {
      throw new IOException("The connection was lost while " + to.getName() + " was copied");
    }
    Files.write(to.toPath(), content);
    Files.delete(from.toPath());
    RENAMED.add(to.toString());
  }
}
