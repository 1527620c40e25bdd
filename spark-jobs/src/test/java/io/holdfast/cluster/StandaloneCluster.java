package io.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A master and two workers as daemons, started by {@code submit-scripts/local-cluster}. */
final class StandaloneCluster implements AutoCloseable {
  private static final int PORT = 17177;

  private final Path directory;

  private StandaloneCluster(Path directory) {
    this.directory = directory;
  }

  static StandaloneCluster start(Path directory) throws IOException, InterruptedException {
    StandaloneCluster cluster = new StandaloneCluster(directory);
    cluster.script("start", "--port", String.valueOf(PORT), "--workers", "2");
    return cluster;
  }

  String master() {
    return "spark://127.0.0.1:" + PORT;
  }

  /** Where logs lie, the daemons' and the executors'. */
  Path directory() {
    return directory;
  }

  /** The cluster's addresses and secret. */
  String settings() throws IOException {
    return Files.readString(directory.resolve("spark.conf"));
  }

  /** A copy of a bundled profile with the cluster's addresses and secret, for its owner only. */
  Path profile(String name) throws IOException {
    Path copy =
        Files.createFile(
            directory.resolve("with-" + name + ".conf"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(
        copy,
        Files.readString(TestData.projectFile("conf/spark/" + name + ".conf")) + "\n" + settings());
  }

  private void script(String... arguments) throws IOException, InterruptedException {
    String[] command = new String[arguments.length + 1];
    command[0] = TestData.projectFile("submit-scripts/local-cluster").toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("HOLDFAST_CLUSTER_DIR", directory.toString());
    assertThat(builder.start().waitFor()).isZero();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    script("stop");
  }
}
