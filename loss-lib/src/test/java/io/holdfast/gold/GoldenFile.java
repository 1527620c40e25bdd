package io.holdfast.gold;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * Golden vectors: reference values computed in float64 by another engine. The bundled files are
 * used unless the system property {@code holdfast.gold} names a directory of files in the same
 * format, relative to the top of the project.
 */
public final class GoldenFile {
  private static final String DIRECTORY = System.getProperty("holdfast.gold", "");

  private GoldenFile() {}

  /** The entries of one list of a golden file that pass a test; at least one must. */
  public static List<JsonNode> entries(String file, String list, Predicate<JsonNode> wanted) {
    List<JsonNode> entries = new ArrayList<>();
    for (JsonNode entry : read(file).required(list)) {
      if (wanted.test(entry)) {
        entries.add(entry);
      }
    }
    assertThat(entries).as("matching entries of %s in %s", list, file).isNotEmpty();
    return entries;
  }

  /**
   * Fails unless the tests cover every entry of a list, with the names of those that they do not.
   */
  public static void assertCovered(String file, String list, Predicate<JsonNode> covered) {
    List<String> others = new ArrayList<>();
    for (JsonNode entry : entries(file, list, any -> true)) {
      if (!covered.test(entry)) {
        others.add(entry.required("name").asText());
      }
    }
    assertThat(others).as("cases of %s that no test covers", file).isEmpty();
  }

  /** The epochs of a run: the first ones of its training, or all. */
  public static JsonNode epochs(JsonNode run, int ofTraining) {
    JsonNode epochs = run.required("epochs");
    assertThat(epochs.size()).as("recorded epochs").isBetween(1, ofTraining);
    for (int i = 0; i < epochs.size(); i++) {
      assertThat(epochs.get(i).required("epoch").intValue()).as("epoch").isEqualTo(i + 1);
    }
    return epochs;
  }

  /** One entry of a golden file that stands alone. */
  public static JsonNode node(String file, String name) {
    return read(file).required(name);
  }

  /** A matrix of numbers. */
  public static double[][] matrix(JsonNode node) {
    double[][] matrix = new double[node.size()][];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = vector(node.get(i));
    }
    return matrix;
  }

  /** A flag: 0 or 1, false or true; null is off. */
  public static boolean flag(JsonNode node) {
    if (node.isNumber()) {
      return node.doubleValue() != 0;
    }
    assertThat(node.isBoolean() || node.isNull()).as("a flag: %s", node).isTrue();
    return node.booleanValue();
  }

  /** Flags as 0 and 1. */
  public static double[] flags(JsonNode node) {
    double[] flags = new double[node.size()];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = flag(node.get(i)) ? 1 : 0;
    }
    return flags;
  }

  /** A flag as an option's text. */
  public static String flagOption(JsonNode node) {
    return Boolean.toString(flag(node));
  }

  /** A number as an option's text; null is off, which is 0. */
  public static String numberOrOff(JsonNode node) {
    return node.isNull() ? "0" : node.asText();
  }

  /** A list of numbers. */
  public static double[] vector(JsonNode node) {
    double[] vector = new double[node.size()];
    for (int i = 0; i < vector.length; i++) {
      assertThat(node.get(i).isNumber()).as("a number: %s", node.get(i)).isTrue();
      vector[i] = node.get(i).doubleValue();
    }
    return vector;
  }

  /** A list of integers. */
  public static int[] integers(JsonNode node) {
    int[] integers = new int[node.size()];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = node.get(i).intValue();
    }
    return integers;
  }

  private static JsonNode read(String file) {
    try (InputStream in = open(file)) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read golden file " + file, e);
    }
  }

  private static InputStream open(String file) throws IOException {
    if (!DIRECTORY.isEmpty()) {
      // Tests run in their module's directory; a relative one is below the top of the project.
      Path directory = Path.of("").toAbsolutePath().resolveSibling(DIRECTORY);
      return Files.newInputStream(directory.resolve(file));
    }
    InputStream bundled = GoldenFile.class.getResourceAsStream("/gold/" + file);
    if (bundled == null) {
      throw new NoSuchFileException("/gold/" + file);
    }
    return bundled;
  }
}
