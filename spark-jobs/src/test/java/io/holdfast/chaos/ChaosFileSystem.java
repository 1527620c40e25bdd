package io.holdfast.chaos;

import io.holdfast.OtherLocalFileSystem;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.spark.TaskContext;

/**
 * Local files under the scheme {@code chaos}, on which things go wrong at a chosen change. A change
 * is the creation, renaming or deletion of a file; those of leases do not count, for they follow
 * the clock. A process that is started with {@code -Dholdfast.chaos=ACTION:WHERE:NUMBER} does the
 * action before that change, or before that byte is written.
 */
public final class ChaosFileSystem extends OtherLocalFileSystem {
  static final String SCHEME = "chaos";
  static final String PROPERTY = "holdfast.chaos";

  /** Which changes count. */
  enum Where {
    /** Those made by the driver itself. */
    DRIVER,
    /** Those made in tasks. */
    TASK,
    /** Bytes written, by anybody. */
    BYTES
  }

  /** What happens. */
  enum Action {
    /** The process is gone, as with {@code kill -9}. */
    HALT,
    /** The process stands still until somebody lets it go on. */
    SUSPEND,
    /** Nothing can be changed any more. */
    STOP,
    /** Files can be created, renamed and deleted, but nothing be written. */
    FULL
  }

  /** Something that goes wrong at the change, or byte, of a number. */
  record Fault(Action action, Where where, long number) {

    static Fault parse(String text) {
      String[] parts = text.split(":", -1);
      return new Fault(Action.valueOf(parts[0]), Where.valueOf(parts[1]), Long.parseLong(parts[2]));
    }

    @Override
    public String toString() {
      return action + ":" + where + ":" + number;
    }
  }

  private static final long[] COUNTED = new long[Where.values().length];
  private static Fault fault =
      System.getProperty(PROPERTY) == null ? null : Fault.parse(System.getProperty(PROPERTY));
  private static boolean struck;
  private static Consumer<Path> listener;

  /** The same directory, seen through this file system. */
  static String location(java.nio.file.Path directory) {
    return SCHEME + "://" + directory;
  }

  /** Starts to count anew in this process; null where nothing is to go wrong. */
  static synchronized void arm(Fault next) {
    fault = next;
    struck = false;
    listener = null;
    Arrays.fill(COUNTED, 0);
  }

  /** Told of every change of the driver before it happens, until the next {@link #arm}. */
  static synchronized void listen(Consumer<Path> next) {
    listener = next;
  }

  /** Changes or bytes since the last {@link #arm}. */
  static synchronized long counted(Where where) {
    return COUNTED[where.ordinal()];
  }

  /** Whether the fault has struck since the last {@link #arm}. */
  static synchronized boolean struck() {
    return struck;
  }

  private static synchronized void change(Path path) throws IOException {
    if (path.getParent().getName().equals("leases")) {
      return;
    }
    boolean task = TaskContext.get() != null;
    count(task ? Where.TASK : Where.DRIVER, 1, path);
    if (!task && listener != null) {
      listener.accept(path);
    }
    if (task) {
      ExecutorFaults.fileChanged();
    }
  }

  private static synchronized void count(Where where, long number, Path path) throws IOException {
    COUNTED[where.ordinal()] += number;
    if (fault == null) {
      return;
    }
    if (!struck && fault.where() == where && COUNTED[where.ordinal()] >= fault.number()) {
      struck = true;
      switch (fault.action()) {
        case HALT -> Runtime.getRuntime().halt(137);
        case SUSPEND -> signal("STOP", ProcessHandle.current().pid());
        case STOP, FULL -> {}
      }
    }
    if (struck && fault.action() == Action.STOP && where != Where.BYTES) {
      throw new IOException("stopped before " + path);
    }
    if (struck && fault.action() == Action.FULL && where == Where.BYTES) {
      throw new IOException("No space left on device");
    }
  }

  /** Sends a signal to a process of ours. */
  static void signal(String name, long process) {
    try {
      new ProcessBuilder("kill", "-" + name, "" + process).start().waitFor();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
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
    change(path);
    if (!overwrite) {
      mkdirs(path.getParent());
      Files.createFile(pathToFile(path).toPath());
    }
    OutputStream file = super.create(path, true, bufferSize, replication, blockSize, progress);
    return new FSDataOutputStream(new CountingStream(file, path), null);
  }

  private static final class CountingStream extends FilterOutputStream {
    private final Path path;

    CountingStream(OutputStream file, Path path) {
      super(file);
      this.path = path;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      if (fault != null && fault.where() == Where.BYTES && fault.action() == Action.HALT) {
        // One by one, so that what was written before stays half a file.
        for (int i = 0; i < length; i++) {
          count(Where.BYTES, 1, path);
          out.write(source[offset + i]);
          out.flush();
        }
      } else {
        count(Where.BYTES, length, path);
        out.write(source, offset, length);
      }
    }
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    change(to);
    return super.rename(from, to);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    change(path);
    return super.delete(path, recursive);
  }

  /** Without the process that Hadoop starts for it. */
  @Override
  public void setPermission(Path path, FsPermission permission) {}
}
