package io.holdfast.analysis.dynamics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The right to write to a directory, which one process has at a time.
 *
 * <p>Each process writes a file of its own, then looks for others: whoever sees another's takes its
 * own back, so that two never both go on. The holder rewrites its file from time to time; one that
 * was not for {@link #LIFETIME}, or whose process on this machine has ended, no longer counts.
 */
final class Lease implements AutoCloseable {
  /** How long a lease is valid without being renewed. */
  static final Duration LIFETIME = Duration.ofMinutes(2);

  private static final Duration RENEWAL = Duration.ofSeconds(20);
  private static final Duration POLLING = Duration.ofSeconds(1);
  private static final int ATTEMPTS = 5;
  private static final int LONGEST_PAUSE_MILLIS = 400;
  private static final String PREFIX = "lease-";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What this process holds: a file of this process that is not among them is a dead one's. */
  private static final Set<String> HELD = ConcurrentHashMap.newKeySet();

  private final FileSystem fileSystem;
  private final Path directory;
  private final Path file;
  private final byte[] content;
  private final ScheduledExecutorService renewals;
  private Future<?> renewal;

  private Lease(FileSystem fileSystem, Path directory) throws IOException {
    this.fileSystem = fileSystem;
    this.directory = directory;
    file = new Path(directory, PREFIX + UUID.randomUUID() + ".json");
    content =
        JSON.writeValueAsBytes(
            Map.of(
                "host", host(),
                "process", ProcessHandle.current().pid(),
                "user", System.getProperty("user.name", "unknown"),
                "since", Instant.now().toString()));
    HELD.add(file.getName());
    write();
    renewals =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "lease of " + directory);
              thread.setDaemon(true);
              return thread;
            });
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  /**
   * Takes the lease.
   *
   * @param directory exists
   * @param patience how long to wait for another holder
   * @throws HoldfastException with {@link ExitCode#REFUSED} where another process still has it
   */
  static Lease take(FileSystem fileSystem, Path directory, Duration patience) throws IOException {
    Instant deadline = Instant.now().plus(patience);
    for (int attempt = 1; ; attempt++) {
      Lease lease = new Lease(fileSystem, directory);
      boolean won = false;
      String holder;
      try {
        holder = lease.findOther();
        won = holder == null;
      } finally {
        if (!won) {
          lease.close();
        }
      }
      if (won) {
        lease.keep();
        return lease;
      }
      boolean late = Instant.now().isAfter(deadline);
      if (late && attempt >= ATTEMPTS) {
        throw new HoldfastException(
            ExitCode.REFUSED,
            directory.getParent()
                + " is being written by another analysis ("
                + holder
                + "), expected none; start again when it is done, or wait with --wait");
      }
      // Two that see each other both step back; they must not do so in step.
      pause(
          late
              ? ThreadLocalRandom.current().nextInt(LONGEST_PAUSE_MILLIS)
              : POLLING.toMillis() + ThreadLocalRandom.current().nextInt(LONGEST_PAUSE_MILLIS));
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ExitCode.INFRASTRUCTURE, "Interrupted while waiting", e);
    }
  }

  private void write() throws IOException {
    try (OutputStream out = fileSystem.create(file, true)) {
      out.write(content);
    }
  }

  private void keep() {
    renewal =
        renewals.scheduleAtFixedRate(
            this::renew, RENEWAL.toMillis(), RENEWAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void renew() {
    try {
      if (fileSystem.exists(file)) {
        write();
      }
    } catch (IOException e) {
      // A lease that cannot be renewed runs out, and the check before the commit says so.
      return;
    }
  }

  /** Describes another valid lease, or null; removes those that are not valid. */
  private String findOther() throws IOException {
    long now = fileSystem.getFileStatus(file).getModificationTime();
    for (FileStatus status : fileSystem.listStatus(directory)) {
      String name = status.getPath().getName();
      if (!name.startsWith(PREFIX) || name.equals(file.getName())) {
        continue;
      }
      JsonNode holder = read(status.getPath());
      if (holder == null) {
        continue;
      }
      long age = Math.max(0, now - status.getModificationTime());
      if (age > LIFETIME.toMillis() || hasEnded(name, holder)) {
        fileSystem.delete(status.getPath(), false);
        continue;
      }
      return "process "
          + holder.path("process").asText("unknown")
          + " of "
          + holder.path("user").asText("unknown")
          + " on "
          + holder.path("host").asText("unknown")
          + " since "
          + holder.path("since").asText("unknown")
          + ", renewed "
          + age / 1000
          + " s ago";
    }
    return null;
  }

  /** What a lease says; empty while it is being written, null where it is gone. */
  private JsonNode read(Path path) throws IOException {
    try (InputStream in = fileSystem.open(path)) {
      return JSON.readTree(in.readAllBytes());
    } catch (FileNotFoundException e) {
      return null;
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      return JSON.createObjectNode();
    }
  }

  private static boolean hasEnded(String name, JsonNode holder) {
    if (!holder.path("host").asText("").equals(host())) {
      return false;
    }
    long process = holder.path("process").asLong();
    return process == ProcessHandle.current().pid()
        ? !HELD.contains(name)
        : ProcessHandle.of(process).isEmpty();
  }

  /**
   * Makes sure that the lease was not lost to another process, which thought this one dead.
   *
   * @throws HoldfastException with {@link ExitCode#REFUSED} where it was
   */
  void check() throws IOException {
    if (!fileSystem.exists(file)) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "The lease on "
              + directory.getParent()
              + " was lost: it was not renewed for "
              + LIFETIME.toSeconds()
              + " s; nothing was changed");
    }
  }

  @Override
  public void close() throws IOException {
    if (renewal != null) {
      renewal.cancel(false);
    }
    renewals.shutdown();
    HELD.remove(file.getName());
    fileSystem.delete(file, false);
  }
}
