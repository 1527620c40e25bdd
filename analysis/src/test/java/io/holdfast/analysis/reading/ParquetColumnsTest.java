package io.holdfast.analysis.reading;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.reading.ParquetColumns.Footer;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.security.AccessControlException;
import org.junit.jupiter.api.Test;

/** What is told of a file whose footer cannot be read. */
class ParquetColumnsTest {

  /** Has every file, and reads none. */
  public static final class Unreadable extends RawLocalFileSystem {
    private static IOException failure;

    @Override
    public URI getUri() {
      return URI.create("unreadable:///");
    }

    @Override
    public FileStatus getFileStatus(Path path) {
      return new FileStatus(1000, false, 1, 1000, 0, path);
    }

    @Override
    public FSDataInputStream open(Path path, int buffer) throws IOException {
      throw failure;
    }
  }

  private static Footer footer(IOException failure) {
    Configuration conf = new Configuration();
    conf.set("fs.unreadable.impl", Unreadable.class.getName());
    Unreadable.failure = failure;
    return ParquetColumns.footer("unreadable:///Access.parquet", conf, ParquetColumns.PREDICTIONS);
  }

  @Test
  void onlyWhatIsDamagedIsCalledDamaged() {
    Footer torn = footer(new EOFException("the end"));
    assertThat(torn.unreadable()).isFalse();
    assertThat(torn.problem()).contains("Access.parquet is no complete Parquet file: the end");

    Footer gone = footer(new FileNotFoundException("File does not exist: Access.parquet"));
    assertThat(gone.unreadable()).isTrue();
    assertThat(gone.problem()).startsWith("A file disappeared").contains("Access.parquet");

    Footer failed = footer(new IOException("Could not obtain block 1 file=Access.parquet"));
    assertThat(failed.unreadable()).isTrue();
    assertThat(failed.problem()).startsWith("Cannot read unreadable:/").contains("block 1");

    Footer refused = footer(new AccessControlException("user=me, access=READ"));
    assertThat(refused.unreadable()).isTrue();
    assertThat(refused.problem()).startsWith("No permission to read");
  }
}
