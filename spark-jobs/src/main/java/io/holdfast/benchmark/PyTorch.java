package io.holdfast.benchmark;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.data.Sample;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** PyTorch, where {@code python3} finds it, with its programs and the data that they read. */
final class PyTorch {
  private static final String IMAGES = "images.u8";
  private static final String LABELS = "labels.u8";

  private final Path directory;

  /**
   * @param directory for programs and data
   */
  PyTorch(Path directory) {
    this.directory = directory;
  }

  static boolean installed() {
    try {
      Process process =
          new ProcessBuilder("python3", "-c", "import torch")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException noPython) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The command of a program that measures single steps on random numbers. */
  List<String> steps() {
    return List.of("python3", program("torch_steps.py").toString());
  }

  /** The command of a program that trains LeNet on what {@link #write} was given. */
  List<String> epochs(int batch, int workers) {
    return List.of(
        "python3",
        program("torch_epochs.py").toString(),
        directory.resolve(IMAGES).toString(),
        directory.resolve(LABELS).toString(),
        "" + batch,
        "" + workers);
  }

  /** Writes pixels and labels, a byte each. */
  void write(List<Sample> samples) {
    try (OutputStream images = file(IMAGES);
        OutputStream labels = file(LABELS)) {
      for (Sample sample : samples) {
        images.write(sample.image());
        labels.write(sample.label());
      }
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  private OutputStream file(String name) throws IOException {
    return new BufferedOutputStream(Files.newOutputStream(directory.resolve(name)));
  }

  private Path program(String name) {
    try (InputStream in = PyTorch.class.getResourceAsStream(name)) {
      return Files.write(directory.resolve(name), in.readAllBytes());
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  private HoldfastException cannotWrite(IOException cause) {
    return new HoldfastException(
        ExitCode.INFRASTRUCTURE, "Cannot write to " + directory + ": " + cause.getMessage(), cause);
  }
}
