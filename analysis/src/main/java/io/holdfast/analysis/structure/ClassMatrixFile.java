package io.holdfast.analysis.structure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogNames;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A matrix of class similarities that the user gives. */
public final class ClassMatrixFile {

  private ClassMatrixFile() {}

  /**
   * Reads a JSON file: rows of numbers, or an object with such rows under {@code matrix}, as {@code
   * holdfast similarity} writes it.
   *
   * @param conf names the file systems
   * @param kind name of the matrix in tables, of the characters of a split's name
   * @param file the file, on any Hadoop file system
   * @return the matrix
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it is no such file
   */
  public static ClassMatrix read(Configuration conf, String kind, String file) {
    LogNames.requireSplit(kind);
    Path path = new Path(file);
    try (InputStream in = path.getFileSystem(conf).open(path)) {
      JsonNode json = new ObjectMapper().readTree(in);
      return ClassMatrix.of(kind, numbers(file, json.isObject() ? json.path("matrix") : json));
    } catch (JsonProcessingException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, file + " is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static double[][] numbers(String file, JsonNode rows) {
    double[][] matrix = new double[rows.isArray() ? rows.size() : 0][];
    for (int i = 0; i < matrix.length; i++) {
      if (!rows.get(i).isArray()) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            file + ": row " + i + " is " + rows.get(i).getNodeType() + ", expected numbers");
      }
      matrix[i] = new double[rows.get(i).size()];
      for (int j = 0; j < matrix[i].length; j++) {
        if (!rows.get(i).get(j).isNumber()) {
          throw new HoldfastException(
              ExitCode.BAD_INPUT,
              file
                  + ": "
                  + rows.get(i).get(j)
                  + " in row "
                  + i
                  + ", column "
                  + j
                  + ", expected a number");
        }
        matrix[i][j] = rows.get(i).get(j).asDouble();
      }
    }
    if (matrix.length == 0) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          file + " has no matrix, expected rows of numbers, or an object with them under matrix");
    }
    return matrix;
  }
}
