package io.holdfast.analysis.log;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * Hadoop's local file system without its side files of checksums, and without the {@code chmod}
 * process that it starts for every new file where Hadoop's native library is absent (8 ms a file).
 */
final class LocalFiles extends RawLocalFileSystem {

  LocalFiles(URI uri, Configuration conf) throws IOException {
    initialize(uri, conf);
  }

  @Override
  public void setPermission(Path path, FsPermission permission) throws IOException {
    try {
      String text = permission.toString();
      Files.setPosixFilePermissions(
          pathToFile(path).toPath(), PosixFilePermissions.fromString(text.substring(0, 9)));
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      super.setPermission(path, permission);
    }
  }
}
