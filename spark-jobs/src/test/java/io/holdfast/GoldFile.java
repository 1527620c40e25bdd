package io.holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The golden vectors that the tests of the analysis bundle, or those in -Dholdfast.gold. */
public final class GoldFile {

  private GoldFile() {}

  /** One file of them. */
  public static JsonNode read(String file) throws IOException {
    String directory = System.getProperty("holdfast.gold", "");
    Path golden =
        TestData.projectFile(directory.isBlank() ? "analysis/src/test/resources/gold" : directory);
    return new ObjectMapper().readTree(Files.readAllBytes(golden.resolve(file)));
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
}
