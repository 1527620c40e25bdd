package io.holdfast.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this package was built with, as Maven recorded it. */
final class BuildProperties {
  private static final Properties VALUES = read();

  private BuildProperties() {}

  static String get(String key) {
    return VALUES.getProperty(key, "unknown");
  }

  private static Properties read() {
    Properties values = new Properties();
    try (InputStream in = BuildProperties.class.getResourceAsStream("build.properties")) {
      values.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return values;
  }
}
