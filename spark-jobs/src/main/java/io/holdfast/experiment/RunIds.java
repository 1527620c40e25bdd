package io.holdfast.experiment;

import io.holdfast.analysis.log.CommittedFiles;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Names runs after what they are: {@code clean-fer-tau5-mu0.5-seed1}. A name depends on the run
 * alone, so that runs keep their names when values, methods, seeds or data sets are added.
 */
final class RunIds {
  private static final int LONGEST = 64;
  private static final int HASH = 8;

  private RunIds() {}

  /**
   * The name of a run: valid as a run id, at most 64 characters.
   *
   * @param settings values of the grid's keys, by key
   */
  static String of(String data, String method, Map<String, String> settings, long seed) {
    StringBuilder exact = new StringBuilder(data + "-" + method);
    settings.forEach(
        (key, value) -> exact.append('-').append(label(key, settings)).append(number(value)));
    exact.append("-seed").append(seed);
    String valid = exact.toString().replaceAll("[^A-Za-z0-9._-]", "_");
    if (valid.contentEquals(exact) && valid.length() <= LONGEST) {
      return valid;
    }
    String hash =
        CommittedFiles.sha256(exact.toString().getBytes(StandardCharsets.UTF_8)).substring(0, HASH);
    return valid.substring(0, Math.min(valid.length(), LONGEST - HASH - 1)) + "-" + hash;
  }

  /** The last step of a key, or the whole key where another one ends alike. */
  private static String label(String key, Map<String, String> settings) {
    String last = lastStep(key);
    long alike = settings.keySet().stream().filter(other -> lastStep(other).equals(last)).count();
    return alike == 1 ? last : key;
  }

  private static String lastStep(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  private static String number(String value) {
    return value.endsWith(".0") ? value.substring(0, value.length() - 2) : value;
  }
}
