package io.holdfast.analysis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFilesTest {
  private static final Configuration CONF = new Configuration();

  @TempDir java.nio.file.Path directory;

  /** Linux has a device that is always full. */
  @Test
  void aFullDiskIsAnExceptionThatCallersExpect() throws IOException {
    Path full = new Path("/dev/full");
    FileSystem files = LogFiles.fileSystem(full, CONF);
    FSDataOutputStream out = files.create(full, true);
    out.write(1);
    assertThatThrownBy(out::flush)
        .isInstanceOf(IOException.class)
        .hasMessage("No space left on device");
    assertThatThrownBy(out::hsync).isInstanceOf(IOException.class);
  }

  @Test
  void aFileThatTakesThePlaceOfOneWithChecksumsIsReadByHadoop() throws IOException {
    Path path = new Path(directory.resolve("result.json").toString());
    FileSystem hadoops = FileSystem.getLocal(CONF);
    try (FSDataOutputStream out = hadoops.create(path)) {
      out.writeBytes("old");
    }
    assertThat(directory.resolve(".result.json.crc")).exists();
    LogFiles.write(CONF, path, new byte[] {1, 2, 3});
    try (FSDataInputStream in = hadoops.open(path)) {
      assertThat(in.readAllBytes()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void whatIsWrittenAndSynchronisedIsThere() throws IOException {
    java.nio.file.Path file = directory.resolve("file");
    Path path = new Path(file.toString());
    try (FSDataOutputStream out = LogFiles.fileSystem(path, CONF).create(path, false)) {
      out.write(new byte[] {1, 2, 3});
      out.hsync();
      assertThat(Files.readAllBytes(file)).containsExactly(1, 2, 3);
      out.write(4);
    }
    assertThat(Files.readAllBytes(file)).containsExactly(1, 2, 3, 4);
  }
}
