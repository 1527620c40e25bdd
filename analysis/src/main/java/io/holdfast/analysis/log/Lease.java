package io.holdfast.analysis.log;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.ipc.RemoteException;

/**
 * The right of one process to write something: a file that exists while the right is held and that
 * its holder renews. A file that was not renewed for the timeout is taken over, at once where its
 * holder was a process of this machine that is gone.
 *
 * <p>Ages are differences of times that the file system gave, so that clocks need not agree. A
 * holder that was suspended for longer than the timeout may have lost its lease without knowing:
 * call {@link #requireHeld} before anything becomes visible. The file system must create a file
 * that must not exist in one step, as local file systems and HDFS do.
 */
public final class Lease implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration POLLING = Duration.ofSeconds(1);

  /** What this process holds: another lease in its name was left behind. */
  private static final Set<String> HELD = ConcurrentHashMap.newKeySet();

  /** What the file says. The machine tells process numbers of one start of one system apart. */
  private record Holder(String id, String host, long process, String machine, String since) {

    boolean isGone() {
      if (machine == null || !machine.equals(thisMachine())) {
        return false;
      }
      return process == ProcessHandle.current().pid()
          ? !HELD.contains(id)
          : ProcessHandle.of(process).filter(ProcessHandle::isAlive).isEmpty();
    }

    @Override
    public String toString() {
      return "process " + process + " on " + host + " since " + since;
    }
  }

  private final FileSystem fileSystem;
  private final Path file;
  private final String what;
  private final Holder holder;
  private final ScheduledExecutorService renewal;
  private ScheduledFuture<?> renewals;

  private Lease(FileSystem fileSystem, Path file, String what, Holder holder) {
    this.fileSystem = fileSystem;
    this.file = file;
    this.what = what;
    this.holder = holder;
    this.renewal =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "lease of " + what);
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Takes the lease, and renews it until it is closed.
   *
   * @param conf names the file systems
   * @param file the file that stands for the right
   * @param what is written, for messages, such as {@code Run fer}
   * @param timeout after which a lease that is not renewed is taken over, at least a second
   * @return the lease
   * @throws HoldfastException with {@link ExitCode#REFUSED} where another process holds it, or
   *     where the file system cannot tell (see {@link ObjectStores})
   */
  public static Lease acquire(Configuration conf, Path file, String what, Duration timeout) {
    if (timeout.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Invalid lease timeout: " + timeout + ", expected at least 1 s");
    }
    ObjectStores.requireCommits(file, conf);
    Holder holder =
        new Holder(
            UUID.randomUUID().toString(),
            host(),
            ProcessHandle.current().pid(),
            thisMachine(),
            Instant.now().toString());
    try {
      Lease lease = new Lease(LogFiles.fileSystem(file, conf), file, what, holder);
      HELD.add(holder.id());
      try {
        lease.take(timeout);
      } catch (IOException | RuntimeException e) {
        HELD.remove(holder.id());
        throw e;
      }
      long pause = timeout.toMillis() / 4;
      lease.renewals =
          lease.renewal.scheduleWithFixedDelay(lease::renew, pause, pause, TimeUnit.MILLISECONDS);
      return lease;
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Takes the lease, waiting for another holder to give it up.
   *
   * @param conf names the file systems
   * @param file the file that stands for the right
   * @param what is written, for messages
   * @param timeout after which a lease that is not renewed is taken over, at least a second
   * @param patience how long to wait
   * @return the lease
   * @throws HoldfastException with {@link ExitCode#REFUSED} where another process still holds it
   */
  public static Lease await(
      Configuration conf, Path file, String what, Duration timeout, Duration patience) {
    Instant deadline = Instant.now().plus(patience);
    while (true) {
      try {
        return acquire(conf, file, what, timeout);
      } catch (HoldfastException e) {
        if (e.exitCode() != ExitCode.REFUSED || !Instant.now().isBefore(deadline)) {
          throw e;
        }
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLLING.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HoldfastException(ExitCode.INFRASTRUCTURE, what + ": interrupted", e);
      }
    }
  }

  private void take(Duration timeout) throws IOException {
    fileSystem.mkdirs(file.getParent());
    if (create()) {
      return;
    }
    Holder other = read(file);
    if (other == null || !other.isGone()) {
      Duration age = age();
      if (age.compareTo(timeout) < 0) {
        throw refused(other, age, timeout);
      }
    }
    Path aside = new Path(file.getParent(), file.getName() + "." + holder.id());
    if (moveTo(aside) && isOther(read(aside), other)) {
      // Another process took it over since it was read: that one keeps it.
      fileSystem.rename(aside, file);
      throw refused(read(file), Duration.ZERO, timeout);
    }
    fileSystem.delete(aside, false);
    if (!create()) {
      throw refused(read(file), Duration.ZERO, timeout);
    }
  }

  private boolean moveTo(Path aside) throws IOException {
    try {
      return fileSystem.rename(file, aside);
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  private static boolean isOther(Holder one, Holder expected) {
    return one != null && (expected == null || !one.id().equals(expected.id()));
  }

  private HoldfastException refused(Holder other, Duration age, Duration timeout) {
    return new HoldfastException(
        ExitCode.REFUSED,
        String.format(
            Locale.ROOT,
            "%s is being written by %s (lease %s, renewed %.1f s ago; taken over after %d s"
                + " without)",
            what,
            other == null ? "another process" : other,
            file,
            age.toMillis() / 1e3,
            timeout.toSeconds()));
  }

  /** How long ago the lease was renewed, by the file system's own clock. */
  private Duration age() throws IOException {
    Path probe = new Path(file.getParent(), file.getName() + ".now." + holder.id());
    try {
      fileSystem.create(probe, true).close();
      FileStatus now = fileSystem.getFileStatus(probe);
      FileStatus renewed = fileSystem.getFileStatus(file);
      return Duration.ofMillis(now.getModificationTime() - renewed.getModificationTime());
    } catch (FileNotFoundException e) {
      // Given up meanwhile.
      return Duration.ofDays(1);
    } finally {
      fileSystem.delete(probe, false);
    }
  }

  private boolean create() throws IOException {
    OutputStream created;
    try {
      created = fileSystem.create(file, false);
    } catch (FileAlreadyExistsException | java.nio.file.FileAlreadyExistsException e) {
      return false;
    } catch (RemoteException e) {
      // HDFS says so of a file that somebody is writing at this moment.
      if (e.getClassName().endsWith(".AlreadyBeingCreatedException")) {
        return false;
      }
      throw e;
    }
    try (OutputStream out = created) {
      out.write(JSON.writeValueAsBytes(holder));
      return true;
    } catch (IOException e) {
      LogFiles.discard(fileSystem, file);
      throw e;
    }
  }

  private void renew() {
    try {
      if (isOurs() || isEmptied()) {
        write();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The next renewal may succeed; whether the lease was lost is asked before a commit.
    }
  }

  private void write() throws IOException {
    try (OutputStream out = fileSystem.create(file, true)) {
      out.write(JSON.writeValueAsBytes(holder));
    }
  }

  /**
   * Whether the file is there and stays empty: then a renewal of this process failed half-way, on a
   * full disk for one. Who takes a lease over puts a file with a name in its place.
   */
  private boolean isEmptied() throws IOException, InterruptedException {
    for (int look = 0; look < 3; look++) {
      if (read(file) != null || !fileSystem.exists(file)) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return true;
  }

  private boolean isOurs() throws IOException {
    Holder now = read(file);
    return now != null && now.id().equals(holder.id());
  }

  /** What a lease file says; null where it is gone, or just being written. */
  private Holder read(Path lease) throws IOException {
    try (InputStream in = fileSystem.open(lease)) {
      byte[] bytes = in.readAllBytes();
      Holder found = bytes.length == 0 ? null : JSON.readValue(bytes, Holder.class);
      return found == null || found.id() == null ? null : found;
    } catch (FileNotFoundException e) {
      return null;
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      return null;
    }
  }

  /**
   * Checks that nobody took the lease over.
   *
   * @throws HoldfastException with {@link ExitCode#REFUSED} where somebody did
   */
  public void requireHeld() {
    try {
      // A file that is empty for an instant is being renewed.
      for (int attempt = 0; attempt < 3; attempt++) {
        if (isOurs()) {
          return;
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
      if (isEmptied()) {
        write();
        return;
      }
      Holder other = read(file);
      throw new HoldfastException(
          ExitCode.REFUSED,
          what
              + " was taken over by "
              + (other == null ? "another process" : other)
              + " while this process was not heard of; nothing more is written by this one");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ExitCode.INFRASTRUCTURE, what + ": interrupted", e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot renew " + file + ": " + e.getMessage(), e);
    }
  }

  /** Gives the lease up. */
  @Override
  public void close() {
    renewals.cancel(false);
    renewal.shutdown();
    HELD.remove(holder.id());
    try {
      renewal.awaitTermination(10, TimeUnit.SECONDS);
      if (isOurs() || isEmptied()) {
        fileSystem.delete(file, false);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // It is taken over when its time is up, or when this process is gone.
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unnamed host";
    }
  }

  /** One start of one system and one space of process numbers in it; null where that is unknown. */
  private static String thisMachine() {
    try {
      return Files.readString(java.nio.file.Path.of("/proc/sys/kernel/random/boot_id")).strip()
          + " "
          + Files.readSymbolicLink(java.nio.file.Path.of("/proc/self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return null;
    }
  }
}
