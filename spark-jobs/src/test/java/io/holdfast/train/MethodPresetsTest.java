package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.TestData;
import io.holdfast.config.ConfigFile;
import io.holdfast.config.ConfigKey;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * conf/methods holds one file for every method with its defaults, as the code has them;
 * -Dholdfast.write-docs=true writes them anew.
 */
class MethodPresetsTest {
  private static final Path DIRECTORY = TestData.projectFile("conf/methods");

  static Stream<MethodDescriptor> methods() {
    return Methods.descriptors().stream();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void presetIsGeneratedFromTheOptionsAndTrains(MethodDescriptor method) throws IOException {
    String text = preset(method);
    Path file = DIRECTORY.resolve(method.name() + ".conf");
    if (Boolean.getBoolean("holdfast.write-docs")) {
      Files.createDirectories(DIRECTORY);
      Files.writeString(file, text);
    }
    assertThat(file).hasContent(text);
    Map<String, String> values = ConfigFile.read(new StringReader(text), file.toString());
    assertThat(TrainOptions.parse(values).get(TrainingKeys.METHOD)).isEqualTo(method.name());
  }

  @Test
  void thereIsNoPresetWithoutAMethod() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      List<String> names = files.map(file -> file.getFileName().toString()).sorted().toList();
      assertThat(names)
          .containsExactlyElementsOf(methods().map(m -> m.name() + ".conf").sorted().toList());
    }
  }

  private static String preset(MethodDescriptor method) {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(method.summary()).append('\n');
    text.append("# Source: ").append(method.source()).append('\n');
    text.append("# State: ").append(method.state()).append('\n');
    text.append("# Use: holdfast train --config conf/methods/").append(method.name());
    text.append(".conf --conf key=value ... (docs/methods.md says what the options mean)\n");
    text.append("method = ").append(method.name()).append('\n');
    method.options().forEach(option -> text.append(line(option)));
    return text.toString();
  }

  private static <T> String line(ConfigKey<T> option) {
    Optional<T> value = option.defaultValue();
    return String.format(
        "%n# %s (%s)%n%s%s =%s%n",
        option.doc(),
        option.expectation(),
        value.isPresent() ? "" : "# ",
        option.name(),
        value.map(v -> option.format(v).isEmpty() ? "" : " " + option.format(v)).orElse(""));
  }
}
