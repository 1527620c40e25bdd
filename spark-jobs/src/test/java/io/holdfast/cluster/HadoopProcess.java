package io.holdfast.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Hadoop's mini clusters in a process of their own, with a class path of their own. */
final class HadoopProcess implements AutoCloseable {
  private static final List<String> OPENED =
      List.of(
          "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio");

  private final Process process;
  private final Path directory;
  private final int port;

  private HadoopProcess(Process process, Path directory, int port) {
    this.process = process;
    this.directory = directory;
    this.port = port;
  }

  /**
   * Starts HDFS and, where it may give memory away, YARN.
   *
   * @param mebibytes that YARN may give away; 0 for no YARN
   */
  static HadoopProcess start(Path directory, int mebibytes) throws IOException {
    Path log = Files.createDirectories(directory).resolve("hadoop.log");
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
    OPENED.forEach(name -> command.add("--add-opens=java.base/" + name + "=ALL-UNNAMED"));
    command.add("-cp");
    command.add(Path.of("target/mini-hadoop/*") + ":" + Path.of("target/spark-home/jars/*"));
    command.add("src/test/mini-hadoop/MiniHadoop.java");
    command.addAll(List.of(directory.toString(), String.valueOf(port), String.valueOf(mebibytes)));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    Process process = builder.start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    while (line != null && !line.equals("started")) {
      line = out.readLine();
    }
    if (line == null) {
      throw new IOException("Hadoop did not start: " + Files.readString(log));
    }
    return new HadoopProcess(process, directory, port);
  }

  /** A path in HDFS. */
  String path(String absolute) {
    return "hdfs://localhost:" + port + absolute;
  }

  /** What clients take for {@code HADOOP_CONF_DIR}. */
  String configuration() {
    return directory.resolve("conf").toString();
  }

  /** Stops the process without ending it: it keeps its ports and answers nobody. */
  void suspend() throws IOException, InterruptedException {
    signal("STOP");
  }

  void goOn() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor();
  }

  @Override
  public void close() throws IOException {
    try {
      // The mini clusters stop when their input ends.
      process.getOutputStream().close();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
