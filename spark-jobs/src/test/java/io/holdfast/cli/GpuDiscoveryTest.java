package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.TestData;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The script that tells Spark which GPUs there are, with a scripted list of devices. */
class GpuDiscoveryTest {
  private static final String LIST = "HOLDFAST_GPU_ADDRESSES";
  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  @Test
  void everyDeviceIsListedAsSparkReadsIt() throws Exception {
    assertThat(addresses(Map.of(LIST, "0 1 2"))).containsExactly("0", "1", "2");
  }

  @Test
  void visibleDevicesNarrowTheList() throws Exception {
    assertThat(addresses(Map.of(LIST, "0 1 2", VISIBLE, "2,0"))).containsExactly("2", "0");
    assertThat(addresses(Map.of(LIST, "0 1", VISIBLE, "1"))).containsExactly("1");
  }

  @Test
  void whatFollowsAMissingDeviceIsInvisibleAsToCuda() throws Exception {
    assertThat(addresses(Map.of(LIST, "0 1 2", VISIBLE, "2,7,0"))).containsExactly("2");
  }

  @Test
  void noDeviceIsAFailureThatSaysSo() throws Exception {
    for (Map<String, String> none :
        List.of(
            Map.of(LIST, ""), Map.of(LIST, "0 1", VISIBLE, ""), Map.of(LIST, "0", VISIBLE, "-1"))) {
      Process script = start(none);
      String out = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String err = new String(script.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(script.waitFor()).isEqualTo(1);
      assertThat(out).isEmpty();
      assertThat(err.lines()).singleElement().asString().contains("no NVIDIA GPU found");
    }
  }

  private static List<String> addresses(Map<String, String> environment) throws Exception {
    Process script = start(environment);
    Map<?, ?> json = new ObjectMapper().readValue(script.getInputStream(), Map.class);
    assertThat(script.waitFor()).isZero();
    assertThat(json.get("name")).isEqualTo("gpu");
    List<String> addresses = new ArrayList<>();
    ((List<?>) json.get("addresses")).forEach(address -> addresses.add((String) address));
    return addresses;
  }

  private static Process start(Map<String, String> environment) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("sh", TestData.projectFile("submit-scripts/gpu-discovery").toString());
    builder.environment().keySet().removeAll(List.of(LIST, VISIBLE));
    builder.environment().putAll(environment);
    return builder.start();
  }
}
