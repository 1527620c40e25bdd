package io.holdfast.experiment;

import io.holdfast.config.ConfigException;
import java.util.regex.Pattern;

/**
 * A sample table under the name that run ids and result tables give it.
 *
 * @param name 1 to 24 letters, digits, {@code .} and {@code _}
 * @param directory of the sample table
 */
record NamedData(String name, String directory) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._]{0,23}");

  NamedData {
    if (!NAME.matcher(name).matches() || directory.isEmpty()) {
      throw new ConfigException(
          "Invalid data set: "
              + name
              + ":"
              + directory
              + " (expected NAME:DIR with a NAME of 1 to 24 letters, digits, '.' and '_')");
    }
  }

  /**
   * Reads {@code NAME:DIR}, or a directory that is named after its last step. A colon before {@code
   * //} or behind a slash belongs to the directory.
   */
  static NamedData parse(String text) {
    int colon = text.indexOf(':');
    boolean named =
        colon >= 0 && !text.substring(0, colon).contains("/") && !text.startsWith("//", colon + 1);
    if (named) {
      return new NamedData(text.substring(0, colon).strip(), text.substring(colon + 1).strip());
    }
    String directory = text.replaceAll("/+$", "");
    return new NamedData(directory.substring(directory.lastIndexOf('/') + 1), text);
  }
}
