package io.holdfast.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.data.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PyTorchTest {
  private static final int PIXELS = Networks.SIDE * Networks.SIDE;

  @TempDir private Path directory;

  @Test
  void writesAByteForEachPixelAndLabel() throws Exception {
    List<Sample> samples = samples(3);
    new PyTorch(directory).write(samples);
    byte[] images = Files.readAllBytes(directory.resolve("images.u8"));
    assertThat(images).hasSize(3 * PIXELS);
    assertThat(images[2 * PIXELS + 7]).isEqualTo(samples.get(2).image()[7]);
    assertThat(Files.readAllBytes(directory.resolve("labels.u8"))).containsExactly(0, 1, 2);
  }

  @Test
  void trainsWhatWasWritten() {
    assumeTrue(PyTorch.installed(), "no PyTorch");
    PyTorch torch = new PyTorch(directory);
    torch.write(samples(10));
    try (EngineProcess engine =
        EngineProcess.start("torch", directory, Map.of(), torch.epochs(4, 2))) {
      assertThat(engine.ask("epoch")).isPositive();
      assertThat(engine.ask("epoch")).isPositive();
    }
  }

  private static List<Sample> samples(int count) {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] image = new byte[PIXELS];
      for (int pixel = 0; pixel < PIXELS; pixel++) {
        image[pixel] = (byte) (i * 31 + pixel);
      }
      samples.add(new Sample(i, i % Networks.CLASSES, Sample.NO_LABEL, image, null));
    }
    return samples;
  }
}
