package io.holdfast.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * Reads files of {@code key = value} lines in the syntax of {@link Properties}, with {@code #}
 * comments. Unlike {@code Properties} it refuses a key that stands twice in one file, and keeps the
 * order of the file.
 */
public final class ConfigFile {
  private ConfigFile() {}

  /**
   * Reads a file in UTF-8.
   *
   * @param in the bytes; not closed
   * @param name the file's name, for messages
   * @return text by key name, in the file's order
   * @throws IOException if reading fails
   * @throws ConfigException on bytes that are not UTF-8, bad escapes and keys that stand twice
   */
  public static Map<String, String> read(InputStream in, String name) throws IOException {
    try {
      return read(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()), name);
    } catch (CharacterCodingException notUtf8) {
      throw new ConfigException("Invalid file: " + name + " (expected UTF-8 text)");
    }
  }

  /**
   * Reads text.
   *
   * @param reader the text; not closed
   * @param name the file's name, for messages
   * @return text by key name, in the file's order
   * @throws IOException if reading fails
   * @throws ConfigException on bad escapes and keys that stand twice
   */
  public static Map<String, String> read(Reader reader, String name) throws IOException {
    BufferedReader lines = new BufferedReader(reader);
    Map<String, String> values = new LinkedHashMap<>();
    Map<String, Integer> lineOfKey = new LinkedHashMap<>();
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      int first = number;
      StringBuilder logicalLine = new StringBuilder(first == 1 ? withoutByteOrderMark(line) : line);
      while (continues(logicalLine) && (line = lines.readLine()) != null) {
        number++;
        logicalLine.append('\n').append(line);
      }
      parse(logicalLine.toString(), name, first)
          .forEach(
              (key, value) -> {
                Integer earlier = lineOfKey.putIfAbsent((String) key, first);
                if (earlier != null) {
                  throw new ConfigException(
                      "Duplicate key: "
                          + key
                          + " ("
                          + name
                          + ", lines "
                          + earlier
                          + " and "
                          + first
                          + ")");
                }
                values.put((String) key, (String) value);
              });
    }
    return Collections.unmodifiableMap(values);
  }

  private static Properties parse(String logicalLine, String name, int number) throws IOException {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(logicalLine));
    } catch (IllegalArgumentException badEscape) {
      throw new ConfigException(
          "Invalid line: "
              + name
              + ", line "
              + number
              + " (expected key = value; a backslash and u need four hexadecimal digits)");
    }
    return properties;
  }

  /** Whether the text is no comment and ends in an odd number of backslashes. */
  private static boolean continues(CharSequence text) {
    String content = text.toString();
    String start = content.stripLeading();
    if (start.startsWith("#") || start.startsWith("!")) {
      return false;
    }
    int backslashes = 0;
    while (backslashes < content.length()
        && content.charAt(content.length() - 1 - backslashes) == '\\') {
      backslashes++;
    }
    return backslashes % 2 == 1;
  }

  private static String withoutByteOrderMark(String line) {
    return line.startsWith("\uFEFF") ? line.substring(1) : line;
  }
}
