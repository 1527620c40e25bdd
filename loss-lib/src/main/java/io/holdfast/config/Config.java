package io.holdfast.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A typed configuration with its defaults filled in. Immutable; made by {@link ConfigSchema#parse}.
 */
public final class Config {
  private final ConfigSchema schema;
  private final Map<ConfigKey<?>, Object> values;
  private final Map<String, String> resolved;

  Config(ConfigSchema schema, Map<ConfigKey<?>, Object> values) {
    this.schema = schema;
    this.values = values;
    Map<String, String> texts = new LinkedHashMap<>();
    values.forEach((key, value) -> texts.put(key.name(), key.formatUnchecked(value)));
    this.resolved = Collections.unmodifiableMap(texts);
  }

  /**
   * The value of a required key or of one with a default.
   *
   * @param key a key of the schema this configuration was parsed with
   * @return the value
   * @param <T> its type
   */
  public <T> T get(ConfigKey<T> key) {
    return find(key).orElseThrow(() -> new ConfigException("Missing key: " + key.name()));
  }

  /**
   * The value of a key that may be absent.
   *
   * @param key a key of the schema this configuration was parsed with
   * @return the value, empty for an optional key that was not given
   * @param <T> its type
   */
  @SuppressWarnings("unchecked")
  public <T> Optional<T> find(ConfigKey<T> key) {
    if (!schema.contains(key)) {
      throw new IllegalArgumentException("Not a key of this schema: " + key.name());
    }
    return Optional.ofNullable((T) values.get(key));
  }

  /**
   * Every value in canonical text: parsing it with the same schema gives an equal configuration.
   *
   * @return text by key name, in the schema's order, with defaults filled in; optional keys that
   *     were not given are left out
   */
  public Map<String, String> resolved() {
    return resolved;
  }

  /**
   * The part of {@link #resolved} whose names start with a prefix, such as {@code fer.}, under the
   * full names.
   *
   * @param prefix the prefix
   * @return text by key name, in the schema's order
   */
  public Map<String, String> resolvedStartingWith(String prefix) {
    Map<String, String> part = new LinkedHashMap<>();
    resolved.forEach(
        (name, text) -> {
          if (name.startsWith(prefix)) {
            part.put(name, text);
          }
        });
    return Collections.unmodifiableMap(part);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Config that && resolved.equals(that.resolved);
  }

  @Override
  public int hashCode() {
    return resolved.hashCode();
  }

  @Override
  public String toString() {
    return resolved.toString();
  }
}
