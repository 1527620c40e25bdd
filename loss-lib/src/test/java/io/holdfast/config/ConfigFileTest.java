package io.holdfast.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class ConfigFileTest {

  @Test
  void readsWhatPropertiesReadsInTheFilesOrder() throws IOException {
    String text =
        """
        # comment \\
        train.epochs = 3
        ! another = comment

        data.path=/päth/数据
        train.drops : 1,\\
            2,\\
            3
        escaped\\ key = tab\\tand \\u00e4
        empty =
        """;
    Properties expected = new Properties();
    expected.load(new StringReader(text));
    Map<String, String> values = read(text);
    assertThat(values).isEqualTo(expected);
    assertThat(values.keySet())
        .containsExactly("train.epochs", "data.path", "train.drops", "escaped key", "empty");
    assertThat(values.get("train.drops")).isEqualTo("1,2,3");
  }

  @Test
  void readsWindowsFiles() throws IOException {
    assertThat(read("\uFEFFa = 1\r\nb = 2\r\n")).isEqualTo(Map.of("a", "1", "b", "2"));
  }

  @Test
  void aKeyThatStandsTwiceIsRefusedWithBothLines() {
    assertThatThrownBy(() -> read("a = 1\n# x\nb = 2\\\n  3\na = 4\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Duplicate key: a (run.properties, lines 1 and 5)");
  }

  @Test
  void badEscapesNameTheLine() {
    assertThatThrownBy(() -> read("a = 1\nb = \\u12\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid line: run.properties, line 2 ");
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    byte[] latin = "a = ä".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> ConfigFile.read(new ByteArrayInputStream(latin), "run.properties"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Invalid file: run.properties (expected UTF-8 text)");
  }

  private static Map<String, String> read(String text) throws IOException {
    return ConfigFile.read(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "run.properties");
  }
}
