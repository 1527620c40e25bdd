package io.holdfast.analysis.log;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.Serializable;

/**
 * A file that a commit makes visible.
 *
 * @param path relative to the log root, under the file's final name
 * @param bytes length in bytes
 * @param sha256 SHA-256 of the content, 64 lower-case hexadecimal digits
 */
public record LoggedFile(
    @JsonProperty("path") String path,
    @JsonProperty("bytes") long bytes,
    @JsonProperty("sha256") String sha256)
    implements Serializable {

  /** Checks that the path stays inside the log root. */
  public LoggedFile {
    requireBelowRoot(path);
    if (bytes < 0) {
      throw new IllegalArgumentException("Invalid length of " + path + ": " + bytes);
    }
    if (sha256 == null || !sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "Invalid SHA-256 of " + path + ": '" + sha256 + "', expected 64 hexadecimal digits");
    }
  }

  static void requireBelowRoot(String path) {
    if (path == null || path.isEmpty() || path.startsWith("/") || path.contains(":")) {
      throw new IllegalArgumentException(
          "Invalid path: '" + path + "', expected one relative to the log root");
    }
    for (String step : path.split("/", -1)) {
      if (step.isEmpty() || step.equals(".") || step.equals("..")) {
        throw new IllegalArgumentException(
            "Invalid path: '" + path + "', expected plain names between slashes");
      }
    }
  }
}
