package io.holdfast.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * A matrix of class similarities in a JSON file.
 *
 * @param format {@link #FORMAT}
 * @param classes number of classes K
 * @param matrix {@code [K, K]}: zeros on the diagonal, nothing negative, every row sums to 1
 */
public record ClassMatrix(
    @JsonProperty("format") int format,
    @JsonProperty("classes") int classes,
    @JsonProperty("matrix") double[][] matrix) {

  /** The version of the layout that this code writes and reads. */
  public static final int FORMAT = 1;

  private static final double ROW_TOLERANCE = 1e-6;

  /**
   * Reads and checks a similarity matrix.
   *
   * @param spark the session
   * @param name a JSON file that {@code holdfast similarity} wrote, or one like it; or the
   *     directory of the table {@code class_similarity} of {@code holdfast analyze}, with {@code
   *     ?run_id=R&split=S&phase=P&epoch=N} or a part of it where the table holds several matrices
   * @param classes K of the data
   * @return {@code [K, K]}
   * @throws HoldfastException with exit code 3 on anything that is not such a matrix
   */
  public static double[][] readSimilarity(SparkSession spark, String name, int classes) {
    Configuration conf = spark.sparkContext().hadoopConfiguration();
    FileStatus status = InputFiles.find(AnalysedSimilarity.directory(name), conf);
    double[][] matrix =
        status != null && status.isDirectory()
            ? AnalysedSimilarity.read(spark, name, classes)
            : ofFile(conf, name);
    check(name, matrix, classes);
    return matrix;
  }

  private static double[][] ofFile(Configuration conf, String file) {
    ClassMatrix read;
    Path path = InputFiles.path(file);
    try (InputStream in = path.getFileSystem(conf).open(path)) {
      read = new ObjectMapper().readValue(in, ClassMatrix.class);
    } catch (JsonProcessingException e) {
      throw invalid(
          "Invalid similarity matrix %s: %s (expected JSON with format, classes and matrix)",
          file, e.getOriginalMessage());
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, "Cannot read " + file + ": " + e.getMessage(), e);
    }
    if (read.format() != FORMAT || read.matrix() == null) {
      throw invalid(
          "Invalid similarity matrix %s: format %d (expected %d and a matrix)",
          file, read.format(), FORMAT);
    }
    return read.matrix();
  }

  /** Writes the file as a whole. */
  void write(NewOutput output) {
    try (OutputStream out = output.files().create(output.pending(), false)) {
      out.write(toBytes());
    } catch (IOException e) {
      throw output.failure(e);
    }
    output.publish();
  }

  /**
   * The content of a file with this matrix.
   *
   * @return JSON in UTF-8, ending with a line feed; {@link #readSimilarity} reads the same numbers
   *     from it
   */
  public byte[] toBytes() {
    try {
      String json =
          new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this);
      return (json + '\n').getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A matrix can always be written as JSON", e);
    }
  }

  private static void check(String file, double[][] matrix, int classes) {
    if (matrix.length != classes) {
      throw invalid(
          "Invalid similarity matrix %s: %d rows (expected %d, the classes of the data)",
          file, matrix.length, classes);
    }
    for (int row = 0; row < classes; row++) {
      if (matrix[row] == null || matrix[row].length != classes) {
        throw invalid(
            "Invalid similarity matrix %s: row %d has %d entries (expected %d)",
            file, row, matrix[row] == null ? 0 : matrix[row].length, classes);
      }
      double sum = 0;
      for (int column = 0; column < classes; column++) {
        double entry = matrix[row][column];
        if (!(entry >= 0) || Double.isInfinite(entry)) {
          throw invalid(
              "Invalid similarity matrix %s: entry %s in row %d, column %d (expected 0 or more)",
              file, entry, row, column);
        }
        sum += entry;
      }
      if (matrix[row][row] != 0) {
        throw invalid(
            "Invalid similarity matrix %s: %s on the diagonal of row %d (expected 0)",
            file, matrix[row][row], row);
      }
      if (Math.abs(sum - 1) > ROW_TOLERANCE) {
        throw invalid(
            "Invalid similarity matrix %s: row %d sums to %s (expected 1)", file, row, sum);
      }
    }
  }

  private static HoldfastException invalid(String format, Object... values) {
    return new HoldfastException(ExitCode.BAD_INPUT, String.format(Locale.ROOT, format, values));
  }
}
