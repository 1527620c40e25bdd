package io.holdfast.gpucheck;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.runtime.NativeEnvironment;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Runs the workload on the CPU in a process of its own: a process has one backend. */
final class CpuProcess {
  private static final String[] INHERITED = {"org.bytedeco.", "org.eclipse.deeplearning4j."};

  private CpuProcess() {}

  static Workload run(int measuredSteps) {
    try {
      Path answer = Files.createTempFile("holdfast-cpu", ".values");
      try {
        start(answer, measuredSteps);
        return read(answer);
      } finally {
        Files.delete(answer);
      }
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot compute on the CPU beside: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ExitCode.INFRASTRUCTURE, "Interrupted", e);
    }
  }

  private static void start(Path answer, int measuredSteps)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-Xmx1g"));
    for (String name : System.getProperties().stringPropertyNames()) {
      if (Arrays.stream(INHERITED).anyMatch(name::startsWith)) {
        command.add("-D" + name + "=" + System.getProperty(name));
      }
    }
    String path =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !new File(entry).getName().matches("(nd4j-cuda|cuda-).*"))
            .collect(Collectors.joining(File.pathSeparator));
    command.addAll(
        List.of("-cp", path, CpuProcess.class.getName(), answer.toString(), "" + measuredSteps));
    int exitCode =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    if (exitCode != 0) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE,
          "The process that computes on the CPU ended with exit code " + exitCode);
    }
  }

  /**
   * The other process.
   *
   * @param arguments where to write to, and the steps that are measured
   */
  public static void main(String[] arguments) throws IOException {
    NativeEnvironment.current().requireAsAsked();
    write(Workload.run(Integer.parseInt(arguments[1])), Path.of(arguments[0]));
    System.exit(0);
  }

  static void write(Workload workload, Path file) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeUTF(workload.environment());
      out.writeInt(workload.samplesPerSecond().size());
      for (Map.Entry<String, Double> entry : workload.samplesPerSecond().entrySet()) {
        out.writeUTF(entry.getKey());
        out.writeDouble(entry.getValue());
      }
      out.writeInt(workload.values().size());
      for (Map.Entry<String, float[]> entry : workload.values().entrySet()) {
        out.writeUTF(entry.getKey());
        out.writeInt(entry.getValue().length);
        for (float value : entry.getValue()) {
          out.writeFloat(value);
        }
      }
    }
  }

  static Workload read(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      String environment = in.readUTF();
      Map<String, Double> throughput = new LinkedHashMap<>();
      for (int left = in.readInt(); left > 0; left--) {
        throughput.put(in.readUTF(), in.readDouble());
      }
      Map<String, float[]> values = new LinkedHashMap<>();
      for (int left = in.readInt(); left > 0; left--) {
        String name = in.readUTF();
        float[] array = new float[in.readInt()];
        for (int i = 0; i < array.length; i++) {
          array[i] = in.readFloat();
        }
        values.put(name, array);
      }
      return new Workload(environment, values, throughput);
    }
  }
}
