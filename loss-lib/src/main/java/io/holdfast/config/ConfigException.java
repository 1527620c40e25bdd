package io.holdfast.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * A configuration key or value that cannot be used; the message names it and says what was
 * expected.
 */
public final class ConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_NAME = 200;

  /**
   * @param message one line: the key, the value found and what was expected
   */
  public ConfigException(String message) {
    super(message.strip().replaceAll("\\s*\\R\\s*", " | "));
  }

  /**
   * A name that is not among the known ones. The message suggests the known name with the smallest
   * Levenshtein distance (the first of equals).
   *
   * @param kind what was named, such as {@code key} or {@code method}
   * @param name the name found
   * @param known the names that exist
   * @return the exception, to be thrown by the caller
   */
  public static ConfigException unknown(String kind, String name, Collection<String> known) {
    // The distance takes time in proportion to the length.
    String compared = name.substring(0, Math.min(LONGEST_NAME, name.length()));
    Optional<String> nearest =
        known.stream()
            .min(
                Comparator.comparingInt(
                    candidate ->
                        LevenshteinDistance.getDefaultInstance().apply(compared, candidate)));
    return new ConfigException(
        "Unknown "
            + kind
            + ": "
            + (compared.equals(name) ? name : compared + "...")
            + nearest.map(candidate -> " (did you mean " + candidate + "?)").orElse(""));
  }
}
