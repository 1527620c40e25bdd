package io.holdfast.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;

/** The golden vectors: bundled, or of the directory that -Dholdfast.gold names. */
public final class GoldFiles {

  private GoldFiles() {}

  /**
   * One test for each case.
   *
   * @param file the file's name
   * @param list key of the list of cases
   * @param test checks one case
   * @return as many tests as there are cases, at least one
   */
  public static List<DynamicTest> tests(String file, String list, Consumer<JsonNode> test)
      throws IOException {
    JsonNode cases = read(file).path(list);
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode found : cases) {
      tests.add(DynamicTest.dynamicTest(found.path("name").asText(), () -> test.accept(found)));
    }
    if (tests.isEmpty()) {
      throw new AssertionError(file + " has no cases under " + list);
    }
    return tests;
  }

  /** A whole file. */
  public static JsonNode read(String file) throws IOException {
    String directory = System.getProperty("holdfast.gold", "");
    ObjectMapper json = new ObjectMapper();
    if (!directory.isBlank()) {
      // Tests run in their module's directory; a relative one is below the top of the project.
      Path golden = Path.of("").toAbsolutePath().resolveSibling(directory);
      return json.readTree(Files.readAllBytes(golden.resolve(file)));
    }
    try (InputStream in = GoldFiles.class.getResourceAsStream("/gold/" + file)) {
      if (in == null) {
        throw new AssertionError("No golden file " + file + " among the test resources");
      }
      return json.readTree(in);
    }
  }

  /** A flag: 0 or 1, false or true; null is off. */
  public static boolean flag(JsonNode node) {
    if (node.isNumber()) {
      return node.doubleValue() != 0;
    }
    if (!node.isBoolean() && !node.isNull()) {
      throw new AssertionError("Not a flag: " + node);
    }
    return node.booleanValue();
  }

  /** A row of numbers. */
  public static double[] vector(JsonNode node) {
    double[] values = new double[node.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = node.get(i).asDouble();
    }
    return values;
  }

  /** Rows of numbers. */
  public static double[][] matrix(JsonNode node) {
    double[][] rows = new double[node.size()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = vector(node.get(i));
    }
    return rows;
  }
}
