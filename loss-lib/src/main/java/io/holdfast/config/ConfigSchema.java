package io.holdfast.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An ordered set of configuration keys. Immutable. */
public final class ConfigSchema {
  private final Map<String, ConfigKey<?>> keys;

  private ConfigSchema(Map<String, ConfigKey<?>> keys) {
    this.keys = keys;
  }

  /**
   * A schema of the given keys, in order.
   *
   * @param keys the keys; names must differ
   * @return the schema
   */
  public static ConfigSchema of(ConfigKey<?>... keys) {
    return of(Arrays.asList(keys));
  }

  /**
   * A schema of the given keys, in order.
   *
   * @param keys the keys; names must differ
   * @return the schema
   */
  public static ConfigSchema of(Collection<? extends ConfigKey<?>> keys) {
    Map<String, ConfigKey<?>> byName = new LinkedHashMap<>();
    for (ConfigKey<?> key : keys) {
      ConfigKey<?> other = byName.putIfAbsent(key.name(), key);
      if (other != null && other != key) {
        throw new IllegalArgumentException("Two keys have the name " + key.name());
      }
    }
    return new ConfigSchema(byName);
  }

  /**
   * This schema's keys followed by another's.
   *
   * @param other the other schema; a key in both must be the same object
   * @return the merged schema
   */
  public ConfigSchema plus(ConfigSchema other) {
    List<ConfigKey<?>> all = new ArrayList<>(keys.values());
    all.addAll(other.keys.values());
    return of(all);
  }

  /**
   * The keys.
   *
   * @return an unmodifiable list, in order
   */
  public List<ConfigKey<?>> keys() {
    return List.copyOf(keys.values());
  }

  /**
   * Parses the texts of values.
   *
   * @param values text by key name
   * @return the typed configuration with defaults filled in
   * @throws ConfigException on an unknown key (naming the nearest), a missing required key, a value
   *     of the wrong type or out of range
   */
  public Config parse(Map<String, String> values) {
    for (String name : values.keySet()) {
      if (!keys.containsKey(name)) {
        throw ConfigException.unknown("key", name, keys.keySet());
      }
    }
    Map<ConfigKey<?>, Object> parsed = new LinkedHashMap<>();
    for (ConfigKey<?> key : keys.values()) {
      value(key, values.get(key.name())).ifPresent(value -> parsed.put(key, value));
    }
    return new Config(this, parsed);
  }

  /**
   * The keys as a Markdown table for the documentation page.
   *
   * @return the table: key, type and range, default, meaning; one line per key
   */
  public String toMarkdown() {
    StringBuilder table =
        new StringBuilder("| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
    for (ConfigKey<?> key : keys.values()) {
      table
          .append("| `")
          .append(key.name())
          .append("` | ")
          .append(cell(key.expectation()))
          .append(" | ")
          .append(defaultCell(key))
          .append(" | ")
          .append(cell(key.doc()))
          .append(" |\n");
    }
    return table.toString();
  }

  boolean contains(ConfigKey<?> key) {
    return keys.get(key.name()) == key;
  }

  private static Optional<?> value(ConfigKey<?> key, String text) {
    if (text != null) {
      return Optional.of(key.parse(text));
    }
    if (key.isRequired()) {
      throw new ConfigException(
          "Missing key: " + key.name() + " (expected " + key.expectation() + ")");
    }
    return key.defaultValue();
  }

  private static String defaultCell(ConfigKey<?> key) {
    if (key.isRequired()) {
      return "(required)";
    }
    return key.defaultText()
        .map(text -> text.isEmpty() ? "(empty)" : "`" + cell(text) + "`")
        .orElse("(none)");
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("\n", " ");
  }
}
